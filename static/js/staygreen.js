/* What every page does in the browser: theme, keyboard, forms that send themselves. Everything works without it. */
(function () {
  "use strict";
  const root = document.documentElement;
  root.classList.add("js");

  /* ---- theme: the server reads the cookie, so the next page comes in the right colours at once ---- */
  function theme() { return root.dataset.theme || "system"; }

  function show(choice) {
    if (choice === "system") delete root.dataset.theme;
    else root.dataset.theme = choice;
    document.dispatchEvent(new Event("themechange"));
  }

  function showTheme() {
    document.querySelectorAll("[data-theme-choice]").forEach(function (button) {
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === theme()));
    });
  }

  function chooseTheme(choice) {
    const year = choice === "system" ? 0 : 60 * 60 * 24 * 365;
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = "theme=" + choice + "; Path=/; SameSite=Lax; Max-Age=" + year + secure;
    show(choice);
    showTheme();
  }

  document.querySelectorAll("[data-themes]").forEach(function (group) { group.hidden = false; });
  document.querySelectorAll("[data-theme-choice]").forEach(function (button) {
    button.addEventListener("click", function () { chooseTheme(button.dataset.themeChoice); });
  });
  showTheme();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", function () {
    document.dispatchEvent(new Event("themechange"));
  });

  /* ---- forms ---- */
  document.querySelectorAll("[data-submit]").forEach(function (field) {
    field.addEventListener("change", function () {
      if (field.form.reportValidity()) field.form.requestSubmit();
    });
  });
  /* Empty filters stay out of the address. */
  document.querySelectorAll("[data-filter]").forEach(function (form) {
    form.addEventListener("formdata", function (event) {
      Array.from(event.formData.keys()).forEach(function (name) {
        if (!event.formData.get(name)) event.formData.delete(name);
      });
    });
  });

  /* ---- imports: a bar that moves, and files that are dropped ---- */
  document.querySelectorAll("[data-progress]").forEach(function (place) {
    const bar = place.querySelector("progress");
    const text = place.querySelector("output");
    function ask() {
      fetch(place.dataset.progress, { headers: { Accept: "application/json" } }).then(function (answer) {
        if (!answer.ok) throw new Error(answer.statusText);
        return answer.json();
      }).then(function (now) {
        if (now.state !== place.dataset.state) { location.reload(); return; }
        if (now.percent === null) bar.removeAttribute("value"); else bar.value = now.percent;
        if (text.textContent !== now.text) text.textContent = now.text;
        setTimeout(ask, 1000);
      }).catch(function () { setTimeout(ask, 5000); });
    }
    setTimeout(ask, 500);
  });

  document.querySelectorAll("[data-drop]").forEach(function (form) {
    const field = form.querySelector("input[type=file]");
    const place = field.closest(".drop");
    const told = form.querySelector(".dropped");
    function tell() {
      told.textContent = Array.from(field.files).map(function (file) { return file.name; }).join(" · ");
    }
    ["dragover", "dragleave", "drop"].forEach(function (kind) {
      place.addEventListener(kind, function (event) {
        event.preventDefault();
        place.classList.toggle("over-it", kind === "dragover");
        if (kind !== "drop" || !event.dataTransfer.files.length) return;
        field.files = event.dataTransfer.files;
        tell();
      });
    });
    field.addEventListener("change", tell);
  });

  /* ---- account switcher ---- */
  document.querySelectorAll("[data-switcher]").forEach(function (switcher) {
    const field = switcher.querySelector("[data-narrow]");
    const entries = Array.from(switcher.querySelectorAll("li"));
    field.addEventListener("input", function () {
      const words = field.value.toLowerCase().split(/\s+/);
      entries.forEach(function (entry) {
        const text = entry.textContent.toLowerCase();
        entry.hidden = !words.every(function (word) { return text.includes(word); });
      });
    });
    field.addEventListener("keydown", function (event) {
      if (event.key !== "Enter") return;
      const first = entries.find(function (entry) { return !entry.hidden; });
      if (first) location.assign(first.querySelector("a").href);
    });
    switcher.addEventListener("toggle", function () { if (switcher.open) field.focus(); });
    switcher.addEventListener("keydown", function (event) {
      if (event.key !== "Escape" || !switcher.open) return;
      switcher.open = false;
      switcher.querySelector("summary").focus();
    });
    document.addEventListener("click", function (event) {
      if (!switcher.contains(event.target)) switcher.open = false;
    });
  });

  /* ---- keyboard ---- */
  const help = document.getElementById("help");
  document.querySelectorAll("[data-help]").forEach(function (button) {
    button.addEventListener("click", function () { help.showModal(); });
  });

  function search() {
    const switcher = document.querySelector("[data-switcher]");
    if (switcher) switcher.open = true;
    const field = document.querySelector("[data-search]");
    if (field) { field.focus(); field.select(); }
    return Boolean(field);
  }

  let goes = 0;
  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest("input, select, textarea, [contenteditable], dialog[open]")) return;
    const going = Date.now() - goes < 1200;
    goes = 0;
    if (going) {
      const link = document.querySelector('[data-go="' + CSS.escape(event.key) + '"]');
      if (link) link.click();
    } else if (event.key === "g") {
      goes = Date.now();
    } else if (event.key === "/") {
      if (search()) event.preventDefault();
    } else if (event.key === "?" && help) {
      help.showModal();
    } else if ((event.key === "ArrowLeft" || event.key === "ArrowRight") && !event.target.closest(".scroll, summary")) {
      const link = document.querySelector('[data-key="' + event.key + '"]');
      if (link) link.click();
    }
  });

  /* ---- paper is white, and what is folded away on screen is printed ---- */
  let folded = [];
  let onScreen = "system";

  addEventListener("beforeprint", function () {
    onScreen = theme();
    show("light");
    folded = Array.from(document.querySelectorAll("details.twin:not([open])"));
    folded.forEach(function (details) { details.open = true; });
  });
  addEventListener("afterprint", function () {
    show(onScreen);
    folded.forEach(function (details) { details.open = false; });
  });
})();
