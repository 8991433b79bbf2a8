"""Thousands are set apart by a comma, as in business figures in mainland China and in what browsers write in charts."""

THOUSAND_SEPARATOR = ","
NUMBER_GROUPING = 3
