"""One's own account: made, changed, its tokens, given up."""

from typing import cast
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import Resolver404, resolve
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from reviewtool.reviews.forms.accounts import AccountForm, GiveUpForm, SignUpForm, TokenForm
from reviewtool.reviews.forms.errors import tried
from reviewtool.reviews.models import User
from reviewtool.reviews.services import accounts, members, tokens

require_get_or_post = require_http_methods(["GET", "HEAD", "POST"])
BACKEND = "django.contrib.auth.backends.ModelBackend"


@sensitive_post_parameters("password", "repeated")
@never_cache
@require_get_or_post
def sign_up(request: HttpRequest) -> HttpResponse:
    """Make an account and go where one was going. A closed door still opens to the invited."""
    goal = _goal(request)
    if request.user.is_authenticated:
        return redirect(goal)
    if not (settings.SIGN_UP_OPEN or _is_invited(goal)):
        return render(request, "reviews/accounts/closed.html", status=403)
    form = SignUpForm(request.POST or None)
    if form.is_valid():
        user = tried(form, lambda: accounts.sign_up(**form.cleaned_data))
        if user:
            login(request, user, backend=BACKEND)
            messages.success(request, f"Welcome, {user}. This is your account now.")
            return redirect(goal)
    context = {"form": form, "next": goal}
    status = 422 if form.is_bound else 200
    return render(request, "reviews/accounts/sign_up.html", context, status=status)


def _goal(request: HttpRequest) -> str:
    """Return where the person was going, if that is a page of ours."""
    goal = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(
        goal, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return goal if is_ours else "/"


def _is_invited(goal: str) -> bool:
    try:
        found = resolve(urlsplit(goal).path)
    except Resolver404:
        return False
    is_invitation = found.view_name == "reviews:accept"
    return is_invitation and members.open_invitation(found.kwargs["secret"]) is not None


def _changed(form: AccountForm, user: User) -> bool:
    return tried(form, lambda: accounts.change_account(user, **form.cleaned_data)) is not None


@login_required
@require_get_or_post
def account(request: HttpRequest) -> HttpResponse:
    """Show the account; POST changes the name and the address."""
    user = cast(User, request.user)
    form = AccountForm(request.POST or None, initial={"name": user.name, "email": user.email})
    if form.is_valid() and _changed(form, user):
        messages.success(request, "Your account was changed.")
        return redirect("reviews:account")
    return _account_page(request, form=form, status=422 if form.is_bound else 200)


@login_required
@never_cache
@require_POST
def make_token(request: HttpRequest) -> HttpResponse:
    """Make a token; its secret is on the answered page, and nowhere else, ever."""
    form = TokenForm(request.POST)
    user = cast(User, request.user)
    made = (
        tried(form, lambda: tokens.make_token(user, **form.cleaned_data))
        if form.is_valid()
        else None
    )
    if made is None:
        return _account_page(request, token_form=form, status=422)
    token, secret = made
    return _account_page(request, token=token, secret=secret)


@login_required
@require_POST
def revoke_token(request: HttpRequest, pk: int) -> HttpResponse:
    token = get_object_or_404(cast(User, request.user).tokens, pk=pk)
    tokens.revoke(token)
    messages.success(request, f"The token “{token.name}” opens nothing any more.")
    return redirect("reviews:account")


def _account_page(request: HttpRequest, *, status: int = 200, **context) -> HttpResponse:
    user = cast(User, request.user)
    defaults = {
        "form": AccountForm(initial={"name": user.name, "email": user.email}),
        "token_form": TokenForm(),
        "tokens": user.tokens.all(),
        "usable": set(user.tokens.usable().values_list("pk", flat=True)),
    }
    return render(request, "reviews/accounts/account.html", defaults | context, status=status)


@login_required
@require_get_or_post
def give_up(request: HttpRequest) -> HttpResponse:
    """Delete the account: what was decided stays, the name goes."""
    user = cast(User, request.user)
    form = GiveUpForm(request.POST or None, user=user)
    if form.is_valid():
        pseudonym = tried(form, lambda: _given_up(user))
        if pseudonym:
            logout(request)
            messages.success(
                request, f"Your account is deleted. In ledgers you are now “{pseudonym}”."
            )
            return redirect("login")
    context = {
        "form": form,
        "led_alone": accounts.led_alone(user),
        "memberships": user.memberships.count(),
    }
    status = 422 if form.is_bound else 200
    return render(request, "reviews/accounts/give_up.html", context, status=status)


def _given_up(user: User) -> str:
    accounts.pseudonymise(user)
    return str(User.objects.get(pk=user.pk))
