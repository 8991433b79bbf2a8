"""What is said of single packages of an order, beside the list of packages that the order's own source states.

A report of tracking or delivery knows some packages of an order and some facts about each; a list that it stated would
drop everything else. So such facts are kept apart, each under its package with the version it was said in, and shown
where the list has nothing: {"<tracking number, or an ID>": {"<field>": [version, value]}}. The key "" stands for the
order's only package, of which a source knows no number. Pure; whatever the order of arrival, the result is the same.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from intake.fields import canonical

Facts = dict[str, dict[str, list[Any]]]

ONLY = ""  # the order's only package, whichever that is
# Moments that happen once: of several reports of them the first is the one nearest to the truth.
ONCE = ("confirmed_at", "delivered_seen_at")


def add_facts(known: Facts, version: int, packages: Sequence[Mapping[str, Any]]) -> tuple[bool, bool]:
    """Merge what one statement says; returns whether any of it is news, and whether any was beaten by what is known."""
    won = lost = False
    for said in packages:
        facts = known.setdefault(said.get("tracking_number") or said.get("external_id") or ONLY, {})
        for name, value in said.items():
            stands = facts.get(name)
            if stands is None:
                facts[name] = [version, value]
                won = True
            elif value == stands[1]:
                stands[0] = max(version, stands[0])
            elif _beats(name, version, value, *stands):
                facts[name] = [version, value]
                won = True
            else:
                lost = True
    return won, lost


def _beats(name: str, version: int, value: Any, other_version: int, other: Any) -> bool:
    if name in ONCE:
        return bool(value < other)
    return (version, canonical(value)) > (other_version, canonical(other))


def with_facts(listed: Sequence[Mapping[str, Any]], known: Facts) -> list[dict[str, Any]]:
    """The packages of a list, completed by what else is known of them, and those that the list does not have."""
    packages = [dict(package) for package in listed]
    for key, facts in sorted(known.items(), reverse=True):  # the only one comes last, when all others are there
        said = {name: value for name, (_version, value) in facts.items()}
        package = _named(packages, key)
        if package is None and key == ONLY and packages:
            continue  # there are several: nobody knows which of them is meant
        if package is None:
            package = {"external_id": key or "1"}
            packages.append(package)
        package.update({name: value for name, value in said.items() if name not in package})
    return sorted(packages, key=lambda package: package["external_id"])


def _named(packages: Sequence[dict[str, Any]], key: str) -> dict[str, Any] | None:
    if key == ONLY:
        return packages[0] if len(packages) == 1 else None
    number = _plain(key)
    found = [package for package in packages if number and _plain(package.get("tracking_number", "")) == number]
    return next((one for one in (*found, *(p for p in packages if p["external_id"] == key))), None)


def _plain(number: str) -> str:
    """A tracking number without the spaces and hyphens that people put into it."""
    return "".join(character for character in number if character.isalnum()).upper()
