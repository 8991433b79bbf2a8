"""`manage.py makemessages`, which also finds the sentences about data (intake/sentences.py)."""

from django.core.management.commands import makemessages


class Command(makemessages.Command):
    xgettext_options = [*makemessages.Command.xgettext_options, "--keyword=Sentence"]
