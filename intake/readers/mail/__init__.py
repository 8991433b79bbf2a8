"""Mail: one message in its own file, or any number of them in mbox form; Amazon's are recognised inside."""

from django.utils.translation import gettext_lazy as _

from intake.readers.formats import Format
from intake.readers.mail import splitting
from intake.readers.mail.reading import again, read

SOURCE = "email"

FORMATS: tuple[Format, ...] = (Format(SOURCE, _("Mail (.eml or .mbox)"), splitting.fit, read, again),)
