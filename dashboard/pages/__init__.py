"""What each page shows, gathered by one function a page. They arrange figures; they work none out."""
