"""People, reviews, protocols, teams; signing in under the names Django's own views ask for."""

from django.contrib.auth import views as auth
from django.urls import include, path

from reviewtool.reviews.views import accounts, passwords, protocols, reviews, team

REVIEW = "reviews/<slug:slug>/"

review_urls = (
    [
        path("", reviews.home, name="home"),
        path("reviews/new/", reviews.create, name="create"),
        path("sign-up/", accounts.sign_up, name="sign_up"),
        path("account/", accounts.account, name="account"),
        path("account/delete/", accounts.give_up, name="give_up"),
        path("account/tokens/", accounts.make_token, name="make_token"),
        path("account/tokens/<int:pk>/revoke/", accounts.revoke_token, name="revoke_token"),
        path("join/<str:secret>/", team.accept, name="accept"),
        path(f"{REVIEW}protocol/", protocols.show, name="protocol"),
        path(f"{REVIEW}protocol/edit/", protocols.edit, name="edit_protocol"),
        path(f"{REVIEW}protocol/compare/", protocols.compare, name="compare_protocols"),
        path(f"{REVIEW}protocol/<int:version>/", protocols.show, name="protocol_version"),
        path(f"{REVIEW}team/", team.team, name="team"),
        path(f"{REVIEW}team/invite/", team.invite, name="invite"),
        path(
            f"{REVIEW}team/invitations/<int:pk>/revoke/",
            team.revoke_invitation,
            name="revoke_invitation",
        ),
        path(f"{REVIEW}team/<int:pk>/roles/", team.change_roles, name="roles"),
        path(f"{REVIEW}team/<int:pk>/remove/", team.remove, name="remove_member"),
        path(f"{REVIEW}team/leave/", team.leave, name="leave"),
        path(f"{REVIEW}delete/", reviews.delete, name="delete"),
    ],
    "reviews",
)

urlpatterns = [
    path("", include(review_urls)),
    path("login/", auth.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path("account/password/", passwords.ChangePassword.as_view(), name="password_change"),
    path("password/reset/", auth.PasswordResetView.as_view(), name="password_reset"),
    path("password/reset/sent/", auth.PasswordResetDoneView.as_view(), name="password_reset_done"),
    path(
        "password/reset/<uidb64>/<token>/",
        passwords.ChooseNewPassword.as_view(),
        name="password_reset_confirm",
    ),
]
