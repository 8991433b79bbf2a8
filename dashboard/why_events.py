"""Why a return, a rating, a claim or a chargeback counts as it does, in sentences."""

from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dashboard import words
from dashboard.verdict import Verdict, apart, at
from kpis.metrics import Text
from kpis.targets import Band
from orders.models import (
    Chargeback,
    ChargebackKind,
    Claim,
    ClaimKind,
    Feedback,
    RatingStanding,
    Rejection,
    Return,
    ReturnAnswer,
    ReturnStanding,
)
from orders.verdicts import chargeback_counts, claim_counts
from sellers.facts import SourceRow

ANSWERS = {
    ReturnAnswer.ON_TIME: Band.GREEN,
    ReturnAnswer.LATE: Band.RED,
    ReturnAnswer.NONE: Band.RED,
    ReturnAnswer.WAITING: Band.YELLOW,
}
NO_REQUEST: dict[int, Text] = {
    ReturnStanding.NO_REQUEST: gettext_lazy("Only its receipt is known, so there is no request to answer."),
    ReturnStanding.MARKETPLACE: gettext_lazy("The marketplace handles it, so the seller need not answer."),
    ReturnStanding.UNKNOWN_SHIPPER: gettext_lazy("No source says who shipped it, so no rate counts it."),
    ReturnStanding.OTHER_CHANNEL: gettext_lazy("It was sold outside the marketplace, so no rate counts it."),
    ReturnStanding.TEST: gettext_lazy("It belongs to a test order, so no rate counts it."),
    ReturnStanding.DELETED: gettext_lazy("It was deleted at the source, so no rate counts it."),
    ReturnStanding.EXCLUDED: gettext_lazy("A person excluded it, so no rate counts it."),
}
RATINGS: dict[int, Text] = {
    RatingStanding.REMOVED: gettext_lazy("It was removed or struck through, so no rate counts it."),
    RatingStanding.REPLACED: gettext_lazy("A later rating of the order stands instead."),
    RatingStanding.DELETED: gettext_lazy("It was deleted at the source, so no rate counts it."),
    RatingStanding.EXCLUDED: gettext_lazy("A person excluded it, so no rate counts it."),
}
COUNTS, NOT_COUNTED = gettext_lazy("Counts as a defect"), gettext_lazy("Does not count")


def of_return(row: Return, zone: ZoneInfo) -> list[Verdict]:
    """Whether it was answered in 48 hours and, if it was turned down, whether fairly; what the buyer says of it."""
    standing = ReturnStanding(row.standing)
    if standing is not ReturnStanding.COUNTS:
        return [Verdict(standing.label, Band.NONE, str(NO_REQUEST[standing]), _("In the figures"))]
    answer = ReturnAnswer(row.answer)
    found = [
        Verdict(answer.label, ANSWERS.get(answer, Band.NONE), _why_answer(answer, row, zone), _("Answer"),
                "return_late_response_rate"),
    ]  # fmt: skip
    if row.rejection != Rejection.NONE:
        rejection = Rejection(row.rejection)
        band = {Rejection.FAIR: Band.GREEN, Rejection.INVALID: Band.RED}.get(rejection, Band.NONE)
        found.append(Verdict(rejection.label, band, "", _("Rejection")))
    if row.negative_feedback:
        why = _("The buyer says that the return was not resolved.")
        found.append(Verdict(_("Negative return feedback"), Band.RED, why, _("The buyer says")))
    return found


def _why_answer(answer: ReturnAnswer, row: Return, zone: ZoneInfo) -> str:
    if row.auto_authorized:
        return _("It was authorised automatically.")
    answered = min((one for one in (row.responded_at, row.refunded_at, row.closed_at) if one is not None), default=None)
    asked = words.long_day(row.day) if row.requested_at is None else at(row.requested_at, zone)
    said = {"asked": asked, "due": at(row.answer_due_at, zone), "answered": at(answered, zone)}
    if answered is None:
        if answer is ReturnAnswer.WAITING:
            return _("Requested on %(asked)s and not answered yet. The 48 hours end %(due)s.") % said
        if answer is ReturnAnswer.NONE:
            return _("Requested on %(asked)s and not answered. The 48 hours ended %(due)s.") % said
        return _("It was answered, but no source says when.")
    if answer is ReturnAnswer.UNKNOWN:
        return (
            _("Only the day of the request is known (%(asked)s), which does not decide whether 48 hours were kept.")
            % said
        )
    if answer is ReturnAnswer.LATE and row.answer_due_at is not None:
        said["over"] = apart(answered, row.answer_due_at)
        return _("Requested on %(asked)s, answered on %(answered)s: %(over)s after the 48 hours (%(due)s).") % said
    return _("Requested on %(asked)s, answered on %(answered)s; the 48 hours would have ended %(due)s.") % said


def of_rating(row: Feedback) -> Verdict:
    """Whether a rating stands, and whether it is a defect."""
    standing = RatingStanding(row.standing)
    if standing is not RatingStanding.COUNTS:
        return Verdict(standing.label, Band.NONE, str(RATINGS[standing]))
    if row.rating <= 2:
        return Verdict(COUNTS, Band.RED, _("One or two stars are negative feedback."))
    band = Band.GREEN if row.rating >= 4 else Band.YELLOW
    return Verdict(standing.label, band, _("Three stars or more are no defect."))


def of_claim(row: Claim, *, every_claim: bool) -> Verdict:
    """Whether a claim is a defect, by the rule in force on the day of its order."""
    if gone := _gone(row):
        return gone
    if row.kind != ClaimKind.A_TO_Z:
        return Verdict(NOT_COUNTED, Band.NONE, _("Only A-to-z claims are defects."))
    counts = claim_counts(row, every_claim=every_claim)
    if row.counts_in_odr is not None:
        why = _platform_says(row.counts_in_odr)
    elif every_claim:
        why = _("By the rule of this account every A-to-z claim counts, whatever its outcome.")
    elif counts:
        why = _("A claim that is open, granted or under appeal counts.")
    else:
        why = _("A claim that was denied or withdrawn does not count.")
    return Verdict(COUNTS if counts else NOT_COUNTED, Band.RED if counts else Band.GREEN, why)


def of_chargeback(row: Chargeback) -> Verdict:
    """Whether a chargeback is a defect."""
    if gone := _gone(row):
        return gone
    counts = chargeback_counts(row)
    if row.counts_in_odr is not None:
        why = _platform_says(row.counts_in_odr)
    elif counts:
        why = _("It is a chargeback about the service.")
    elif row.kind != ChargebackKind.CHARGEBACK:
        why = _("An inquiry of the bank is no chargeback.")
    else:
        why = _("A chargeback about fraud is the platform's risk.")
    return Verdict(COUNTS if counts else NOT_COUNTED, Band.RED if counts else Band.GREEN, why)


def _platform_says(counts: bool) -> str:
    return _("The platform says that it counts.") if counts else _("The platform says that it does not count.")


def _gone(row: SourceRow) -> Verdict | None:
    if row.deleted_at is not None:
        return Verdict(NOT_COUNTED, Band.NONE, _("It was deleted at the source, so no rate counts it."))
    return Verdict(NOT_COUNTED, Band.NONE, _("A person excluded it, so no rate counts it.")) if row.excluded else None
