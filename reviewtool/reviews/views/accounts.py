"""Signing up, the account page, API tokens."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST

from reviewtool.reviews.simple_forms import AccountForm, SignUpForm, TokenForm, TypedForm
from reviewtool.reviews.models import Token
from reviewtool.reviews.services import accounts, tokens

_BACKEND = "django.contrib.auth.backends.ModelBackend"


@require_http_methods(["GET", "POST"])
def sign_up(request: HttpRequest) -> HttpResponse:
    """Open an account and go on to where one was going."""
    if not settings.SIGN_UP_OPEN:
        raise PermissionDenied("Signing up is closed here. Ask the administrator for an account.")
    form = SignUpForm(request.POST or None)
    following = request.GET.get("next", request.POST.get("next", ""))
    if request.method == "POST" and form.is_valid():
        try:
            user = accounts.sign_up(**form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            login(request, user, backend=_BACKEND)
            return redirect(_safe(request, following) or settings.LOGIN_REDIRECT_URL)
    status = 422 if form.errors else 200
    context = {"form": form, "next": following}
    return render(request, "registration/sign_up.html", context, status=status)


def _safe(request: HttpRequest, url: str) -> str:
    is_ours = url_has_allowed_host_and_scheme(url, {request.get_host()}, request.is_secure())
    return url if is_ours else ""


@require_http_methods(["GET", "POST"])
@login_required
def account(request: HttpRequest) -> HttpResponse:
    """Name, address, password, tokens."""
    given = {"name": request.user.name, "email": request.user.email}
    form = AccountForm(request.POST or None, initial=given)
    if request.method == "POST" and form.is_valid():
        try:
            accounts.change_account(request.user, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, "Saved.")
            return redirect("reviews:account")
    return _account(request, form=form, status=422 if form.errors else 200)


def _account(request: HttpRequest, *, status: int = 200, **changes: object) -> HttpResponse:
    context = {
        "form": AccountForm(initial={"name": request.user.name, "email": request.user.email}),
        "token_form": TokenForm(),
        "tokens": request.user.tokens.all(),
        "secret": "",
    }
    return render(request, "reviews/account.html", context | changes, status=status)


@require_POST
@login_required
def make_token(request: HttpRequest) -> HttpResponse:
    """Make an API token and show its secret, this once."""
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _account(request, token_form=form, status=422)
    answer = form.cleaned_data
    _, secret = tokens.make_token(
        request.user, name=answer["name"], scope=answer["scope"], days=answer["days"] or None
    )
    return _account(request, secret=secret)


@require_POST
@login_required
def revoke_token(request: HttpRequest, pk: int) -> HttpResponse:
    tokens.revoke(get_object_or_404(Token, pk=pk, user=request.user))
    messages.success(request, "The token is revoked.")
    return redirect("reviews:account")


@require_http_methods(["GET", "POST"])
@login_required
def delete(request: HttpRequest) -> HttpResponse:
    """Delete one's account after typing the user name."""
    form = TypedForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            if form.cleaned_data["typed"] != request.user.username:
                raise ValidationError("Type your user name exactly to delete the account.")
            accounts.pseudonymise(request.user)
        except ValidationError as error:
            form.add_error("typed", error.messages)
        else:
            logout(request)
            return redirect("login")
    status = 422 if form.errors else 200
    return render(request, "reviews/delete_account.html", {"form": form}, status=status)
