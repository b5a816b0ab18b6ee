"""Rare events of the chat, sent after the commit; watchers subscribe, the chat does not know them."""

from django.dispatch import Signal

conversation_deleted = Signal()  # conversation_id
import_requested = Signal()  # import_id
reply_requested = Signal()  # reply_id, conversation_id
