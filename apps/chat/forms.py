"""The pages' forms: they carry fields and show what the services refuse; the rules themselves are the services'."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, UsernameField

from apps.chat.exceptions import ChatError, InvalidError
from apps.chat.text import (
    MESSAGE_MAX_CHARACTERS,
    NAME_MAX_CHARACTERS,
    SYSTEM_PROMPT_MAX_CHARACTERS,
    TITLE_MAX_CHARACTERS,
)

IMPORT_FORMATS = (
    ("auto", "Recognise it"),
    ("csv", "CSV: conversation, author, role, sent_at, text"),
    ("jsonl", "JSON lines of chats, plain or .gz"),
    ("chatgpt", "ChatGPT data export, conversations.json or the .zip"),
)
RULES_HELP = "At least 8 characters, not only digits, not a common word, not like your name."


def add_problem(form: forms.Form, error: ChatError) -> None:
    """Put a service's refusal beside the field it names, or above the form when it names none of its fields."""
    if isinstance(error, InvalidError) and error.field in form.fields:
        is_sentence = error.reason[:1].isupper()
        form.add_error(error.field, error.reason if is_sentence else f"{form[error.field].label} {error.reason}")
    else:
        form.add_error(None, str(error))


class TitleForm(forms.Form):
    """The title of a conversation."""

    title = forms.CharField(
        max_length=TITLE_MAX_CHARACTERS, widget=forms.TextInput(attrs={"autocomplete": "off", "class": "input"})
    )


class NewForm(TitleForm):
    """A new conversation."""

    has_assistant = forms.BooleanField(label="The assistant answers here", required=False)


class AssistantForm(forms.Form):
    """Whether the assistant answers in a conversation, and what it is told first."""

    has_assistant = forms.BooleanField(label="The assistant answers here", required=False)
    system_prompt = forms.CharField(
        label="What it should know",
        required=False,
        strip=False,
        max_length=SYSTEM_PROMPT_MAX_CHARACTERS,
        widget=forms.Textarea(attrs={"class": "input", "rows": 4}),
        help_text="Sent to the assistant before the messages: who it is, how it should answer.",
    )


class MemberForm(forms.Form):
    """Whom to add to a conversation."""

    username = forms.CharField(
        label="User name",
        max_length=NAME_MAX_CHARACTERS,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false", "class": "input"}
        ),
    )


class MessageForm(forms.Form):
    """What is sent without JavaScript; outer blanks belong to the message."""

    text = forms.CharField(label="Message", max_length=MESSAGE_MAX_CHARACTERS, strip=False, widget=forms.Textarea)


class ImportForm(forms.Form):
    """A file to import."""

    file = forms.FileField(label="File")
    format = forms.ChoiceField(choices=IMPORT_FORMATS, widget=forms.Select(attrs={"class": "input"}))
    dry_run = forms.BooleanField(label="Only check it: count and list problems, store nothing", required=False)


class SignInForm(AuthenticationForm):
    """Django's own, in our look."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        styled(self)
        self.fields["username"].label = "User name"


class PasswordForm(PasswordChangeForm):
    """Django's own, in our look; the rules are shown beside the new password."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        styled(self)
        old, new, again = (self.fields[name] for name in ("old_password", "new_password1", "new_password2"))
        old.label, new.label, again.label = "Current password", "New password", "New password again"
        new.help_text, again.help_text = RULES_HELP, ""
        old.widget.attrs.pop("autofocus", None)  # it is not what the page is opened for


class SignUpForm(forms.Form):
    """A new user; the name takes the one form that it is stored in and looked up by."""

    username = UsernameField(
        label="User name",
        max_length=NAME_MAX_CHARACTERS,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false", "autofocus": True}
        ),
    )
    password = forms.CharField(
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=RULES_HELP,
    )

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        styled(self)


def styled(form: forms.BaseForm) -> None:
    """Give every field of a form our class."""
    for field in form.fields.values():
        field.widget.attrs["class"] = "input"
