"""Where the chat's pages are."""

from django.urls import path, register_converter

from apps.chat.views import account, conversations, details, history, imports, members, search


class KeyConverter:
    """A primary key: never more digits than the database takes."""

    regex = "[0-9]{1,18}"

    def to_python(self, value: str) -> int:
        """Return the key as a number."""
        return int(value)

    def to_url(self, value: int | str) -> str:
        """Return the key as it stands in an address."""
        return str(value)


register_converter(KeyConverter, "key")

urlpatterns = [
    path("", conversations.home, name="home"),
    path("conversations/", conversations.listed, name="conversations"),
    path("conversations/new/", conversations.new, name="new_conversation"),
    path("c/<key:conversation_id>/", history.chat, name="chat"),
    path("c/<key:conversation_id>/details/", details.details, name="details"),
    path("c/<key:conversation_id>/assistant/", details.assistant, name="assistant"),
    path("c/<key:conversation_id>/members/", members.add, name="add_member"),
    path("c/<key:conversation_id>/members/<key:member_id>/remove/", members.remove, name="remove_member"),
    path("c/<key:conversation_id>/leave/", members.leave, name="leave"),
    path("c/<key:conversation_id>/delete/", details.delete, name="delete_conversation"),
    path("search/", search.search, name="search"),
    path("imports/", imports.imports, name="imports"),
    path("account/", account.account, name="account"),
    path("accounts/login/", account.sign_in, name="login"),
    path("accounts/logout/", account.SignOut.as_view(), name="logout"),
    path("accounts/signup/", account.sign_up, name="signup"),
]
