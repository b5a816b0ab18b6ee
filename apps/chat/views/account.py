"""The reader's own account, and the way in and out."""

from typing import Any

from django.contrib.auth import authenticate, login, update_session_auth_hash
from django.contrib.auth.views import LoginView, LogoutView
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from apps.chat.callers import source, telling
from apps.chat.exceptions import ConflictError, InvalidError, RateError
from apps.chat.forms import PasswordForm, SignInForm, SignUpForm, add_problem
from apps.chat.policy import chat
from apps.chat.rates import SIGN_INS, SIGN_UPS, charge, look
from apps.chat.services import accounts
from apps.chat.views.page import page, with_side
from apps.chat.views.refusal import waiting


class SignIn(LoginView):
    """Django's sign-in on our page."""

    template_name = "accounts/login.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *arguments: Any, **keywords: Any) -> HttpResponse:
        """Sign in; after too many tries that failed no password is looked at, and the form says so."""
        try:
            look(SIGN_INS, source(request))
        except RateError as error:
            form = SignInForm(request, initial={"username": request.POST.get("username", "")})
            return waiting(self.render_to_response(self.get_context_data(form=form, problem=str(error))), error)
        return super().post(request, *arguments, **keywords)

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        """Return the form's context, and whether people may sign up."""
        return super().get_context_data(**context, has_sign_up=chat.current.has_sign_up)


sign_in = telling(SignIn.as_view())


class SignOut(LogoutView):
    """Django's sign-out; leads to the sign-in page."""

    http_method_names = ["post", "options"]


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@page
def account(request: HttpRequest) -> HttpResponse:
    """Show the account; a POST changes the password, which ends every other session."""
    form = PasswordForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.save()
        update_session_auth_hash(request, form.user)
        return redirect("/account/?changed=1")
    has_changed = "changed" in request.GET
    return with_side(
        request, "chat/account.html", form=form, has_changed=has_changed, status=422 if form.errors else 200
    )


@never_cache
@telling
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def sign_up(request: HttpRequest) -> HttpResponse:
    """Make a user and sign them in, where the site lets people do so."""
    if not chat.current.has_sign_up:
        raise Http404("Sign-up is closed here.")
    if request.user.is_authenticated:
        return redirect("home")
    form = SignUpForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            return _signed_up(request, **form.cleaned_data)
        except InvalidError as error:
            add_problem(form, error)
        except ConflictError:
            form.add_error("username", "This name is taken.")
        except RateError as error:
            form.add_error(None, str(error))
            return waiting(render(request, "accounts/signup.html", {"form": form}), error)
    return render(request, "accounts/signup.html", {"form": form}, status=422 if form.errors else 200)


def _signed_up(request: HttpRequest, *, username: str, password: str) -> HttpResponse:
    look(SIGN_UPS, source(request))
    accounts.sign_up(username=username, password=password)
    charge(SIGN_UPS, source(request))
    login(request, authenticate(request, username=username, password=password))
    return redirect("home")
