"""What the chat keeps: people, conversations, messages and imports. Private to this app."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from apps.chat.text import SYSTEM_PROMPT_MAX_CHARACTERS


class User(AbstractUser):
    """Somebody who can sign in."""


class Conversation(models.Model):
    """A sequence of messages that its members read and write."""

    title = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=timezone.now)
    last_sequence = models.PositiveBigIntegerField(default=0, editable=False)
    last_event = models.PositiveBigIntegerField(default=0, editable=False)
    last_message_at = models.DateTimeField(default=timezone.now)
    has_assistant = models.BooleanField(default=False, help_text="Whether it answers each message of a user.")
    system_prompt = models.TextField(
        blank=True,
        max_length=SYSTEM_PROMPT_MAX_CHARACTERS,
        help_text="What the assistant is told before the conversation.",
    )
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    imported_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", help_text="Whose import made it."
    )
    source_id = models.CharField(
        max_length=255, blank=True, editable=False, help_text="Its name in the imported file; empty for our own."
    )
    members: "models.ManyToManyField[User, Membership]" = models.ManyToManyField(
        User, through="Membership", related_name="conversations"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["imported_by", "source_id"], condition=~Q(source_id=""), name="conversation_imported_once"
            )
        ]

    def __str__(self) -> str:
        return self.title


class Membership(models.Model):
    """Who reads and writes a conversation, in which role, and how far they have read."""

    class Role(models.TextChoices):
        """What a member may do: an owner also manages members and others' messages."""

        OWNER = "owner", "Owner"
        MEMBER = "member", "Member"

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=6, choices=Role.choices, default=Role.MEMBER)
    joined_at = models.DateTimeField(default=timezone.now)
    last_read_sequence = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "conversation"], name="membership_once"),
            models.CheckConstraint(condition=Q(role__in=["owner", "member"]), name="membership_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.conversation_id} as {self.role}"


class Message(models.Model):
    """One message; a deleted one stays as a tombstone without text, so sequences have no gaps."""

    class Role(models.TextChoices):
        """Who speaks, in the words of the assistants' chat format."""

        USER = "user", "User"
        ASSISTANT = "assistant", "Assistant"
        SYSTEM = "system", "System"

    class Completion(models.TextChoices):
        """How the reply that wrote a message ended."""

        COMPLETE = "complete", "Complete"
        STOPPED = "stopped", "Stopped by somebody"
        TOO_LONG = "too_long", "Cut at the longest reply allowed"
        CUT = "cut", "The endpoint failed midway"
        INTERRUPTED = "interrupted", "The server ended midway"

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages", db_index=False)
    sequence = models.PositiveBigIntegerField(help_text="1, 2, 3 … within the conversation, without a gap.")
    event = models.PositiveBigIntegerField(
        editable=False, help_text="The number of its last change within the conversation."
    )
    author = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", help_text="Empty for imported names."
    )
    author_name = models.CharField(max_length=150, blank=True, help_text="Who wrote it, where that is no user.")
    role = models.CharField(max_length=9, choices=Role.choices, default=Role.USER)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True, editable=False, help_text="The text rendered and sanitised.")
    client_id = models.CharField(max_length=64, null=True, blank=True, editable=False)  # noqa: DJ001  (NULLs do not collide)
    import_key = models.BinaryField(max_length=16, null=True, editable=False)
    completion = models.CharField(  # noqa: DJ001  (null: added without copying the table)
        max_length=11, null=True, editable=False, choices=Completion.choices, help_text="Empty where no reply wrote it."
    )
    created_at = models.DateTimeField(default=timezone.now)
    is_dated = models.BooleanField(default=True, help_text="Off where an imported file gave no time.")
    edited_at = models.DateTimeField(null=True, blank=True, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["conversation", "sequence"], name="message_sequence_once"),
            models.UniqueConstraint(fields=["conversation", "event"], name="message_event_once"),
            models.UniqueConstraint(
                fields=["author", "client_id"], condition=Q(client_id__isnull=False), name="message_sent_once"
            ),
            models.UniqueConstraint(
                fields=["conversation", "import_key"],
                condition=Q(import_key__isnull=False),
                name="message_imported_once",
            ),
            models.CheckConstraint(condition=Q(sequence__gte=1), name="message_sequence_positive"),
            models.CheckConstraint(condition=Q(role__in=["user", "assistant", "system"]), name="message_role_known"),
            models.CheckConstraint(condition=Q(deleted_at__isnull=True) | Q(text=""), name="message_tombstone_empty"),
        ]
        indexes = [models.Index(fields=["conversation", "created_at"], name="message_by_date")]

    def __str__(self) -> str:
        return f"{self.conversation_id}/{self.sequence}"


class Reply(models.Model):
    """A reply of the assistant: one is written or waits in a conversation; its heartbeat is the writer's."""

    class State(models.TextChoices):
        """Being written, or waiting for an endpoint that is down; then ended for good."""

        WRITING = "writing", "Writing"
        WAITING = "waiting", "Waiting for the endpoint"
        ENDED = "ended", "Ended"

    class Outcome(models.TextChoices):
        """What became of it: how its message is complete, or why there is none."""

        COMPLETE = "complete", "Complete"
        STOPPED = "stopped", "Stopped by somebody"
        TOO_LONG = "too_long", "Cut at the longest reply allowed"
        CUT = "cut", "The endpoint failed midway"
        INTERRUPTED = "interrupted", "The server ended midway"
        FAILED = "failed", "Not a word came"
        GONE = "gone", "Nowhere to put it"

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="replies")
    asked_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    replaces = models.ForeignKey(
        Message, null=True, on_delete=models.SET_NULL, related_name="+", help_text="The message that is written anew."
    )
    message = models.ForeignKey(
        Message, null=True, on_delete=models.SET_NULL, related_name="+", help_text="Where its text went."
    )
    state = models.CharField(max_length=7, choices=State.choices, default=State.WRITING)
    outcome = models.CharField(max_length=11, blank=True, choices=Outcome.choices)
    error_code = models.CharField(max_length=20, blank=True)
    text = models.TextField(blank=True, help_text="What is written so far; empty when it has ended.")
    seen_sequence = models.PositiveBigIntegerField(default=0, help_text="The last message it could know of.")
    is_stop_asked = models.BooleanField(default=False)
    model = models.CharField(max_length=100, blank=True, help_text="Which was asked; empty without an endpoint.")
    prompt_tokens = models.PositiveIntegerField(null=True, help_text="An estimate until the endpoint says.")
    reply_tokens = models.PositiveIntegerField(null=True, help_text="As the endpoint counts them, or an estimate.")
    is_usage_estimated = models.BooleanField(default=False, help_text="The endpoint did not say what it used.")
    retry_at = models.DateTimeField(null=True, help_text="From when a reply is possible again, where it was refused.")
    asked_at = models.DateTimeField(default=timezone.now)
    heartbeat_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "replies"
        constraints = [
            models.UniqueConstraint(fields=["conversation"], condition=~Q(state="ended"), name="reply_one_at_a_time"),
            models.CheckConstraint(
                condition=Q(state__in=["writing", "waiting"], outcome="", ended_at=None)
                | (Q(state="ended", text="", ended_at__isnull=False) & ~Q(outcome="")),
                name="reply_ended_with_an_outcome",
            ),
        ]
        indexes = [
            models.Index(fields=["heartbeat_at"], condition=Q(state="writing"), name="reply_being_written"),
            models.Index(fields=["asked_at"], condition=Q(state="waiting"), name="reply_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} in {self.conversation_id} ({self.outcome or self.state})"


class AssistantUsage(models.Model):
    """What one user's replies by one model used in a day (UTC), and cost in millionths of the currency."""

    day = models.DateField()
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    model = models.CharField(max_length=100)
    replies = models.PositiveIntegerField(default=0)
    estimated_replies = models.PositiveIntegerField(default=0, help_text="Of which the endpoint told no figures.")
    prompt_tokens = models.PositiveBigIntegerField(default=0)
    reply_tokens = models.PositiveBigIntegerField(default=0)
    cost_micros = models.PositiveBigIntegerField(default=0, help_text="Millionths, at the prices of the time.")

    class Meta:
        verbose_name_plural = "assistant usage"
        constraints = [models.UniqueConstraint(fields=["day", "user", "model"], name="usage_once_a_day")]

    def __str__(self) -> str:
        return f"{self.day}: {self.model} for {self.user_id}"


class Import(models.Model):
    """One file on its way into conversations: where it is, what came of its rows."""

    class State(models.TextChoices):
        """Waiting until a worker takes it, running, then finished or failed."""

        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        FINISHED = "finished", "Finished"
        FAILED = "failed", "Failed"

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="imports")
    filename = models.CharField(max_length=255)
    format = models.CharField(max_length=10, default="auto")
    upload = models.FileField(upload_to="imports/%Y/%m/", max_length=255, blank=True)
    is_dry_run = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    failure = models.CharField(max_length=500, blank=True, help_text="Why the file as a whole was refused.")
    size_bytes = models.PositiveBigIntegerField(default=0)
    read_bytes = models.PositiveBigIntegerField(default=0)
    rows_imported = models.PositiveBigIntegerField(default=0)
    rows_known = models.PositiveBigIntegerField(default=0, help_text="Rows that an earlier run had brought in.")
    rows_refused = models.PositiveBigIntegerField(default=0)
    refusals = models.JSONField(default=list, blank=True, help_text="The first refused rows: line and reason.")
    created_at = models.DateTimeField(default=timezone.now)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(read_bytes__lte=F("size_bytes")), name="import_reads_no_more_than_it_has"
            )
        ]

    def __str__(self) -> str:
        return f"{self.filename} ({self.state})"
