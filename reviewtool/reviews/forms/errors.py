"""Sentences of a service go beside the fields they are about."""

from collections.abc import Callable
from typing import TypeVar

from django import forms
from django.core.exceptions import ValidationError

T = TypeVar("T")


def tried(form: forms.BaseForm, act: Callable[[], T]) -> T | None:
    """Do what a valid form asks for; if the service refuses, put its sentences into the form.

    Returns None then, and the form is no longer valid.
    """
    try:
        return act()
    except ValidationError as error:
        _add(form, error)
        return None


def _add(form: forms.BaseForm, error: ValidationError) -> None:
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, errors in error.error_dict.items():
        field = name if name in form.fields else None
        form.add_error(field, [sentence for one in errors for sentence in one.messages])
