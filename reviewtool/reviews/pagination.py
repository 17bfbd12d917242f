"""Cursor pages by id: stable while rows are added, at constant cost at any depth."""

from rest_framework.pagination import CursorPagination


class ByIdPagination(CursorPagination):
    ordering = "pk"
    page_size_query_param = "page_size"
    max_page_size = 1000
