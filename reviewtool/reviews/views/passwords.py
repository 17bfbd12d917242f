"""Passwords: changed by who knows the old one, chosen anew by who reads the e-mail."""

from django.contrib.auth import views
from django.contrib.messages.views import SuccessMessageMixin
from django.urls import reverse_lazy


class ChangePassword(SuccessMessageMixin, views.PasswordChangeView):
    """Change one's password; every other session ends."""

    success_url = reverse_lazy("reviews:account")
    success_message = "Your password was changed. Other browsers were signed out."


class ChooseNewPassword(SuccessMessageMixin, views.PasswordResetConfirmView):
    """Choose a password by the link from the e-mail."""

    success_url = reverse_lazy("login")
    success_message = "Your new password holds. Sign in with it."
