"""Cells edited in the browser: they lie beside a failed import until its package is validated again."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from orgport.server.records.imports import ImportRecord


class CellEdit(models.Model):
    """What is to stand in place of a value in a column; who said so, and when.

    Rows are only ever added: the last one of a cell holds, and one that is taken back ends it.
    """

    id = models.BigAutoField(primary_key=True)
    of = models.ForeignKey(ImportRecord, on_delete=models.CASCADE, related_name="cell_edits")
    column = models.PositiveIntegerField()  # 1-based, in file order
    line = models.BigIntegerField(null=True, blank=True)  # None: every failed row with the value
    old = models.TextField(blank=True)
    new = models.TextField(blank=True)
    is_taken_back = models.BooleanField(default=False)
    by = models.CharField(max_length=254)
    at = models.DateTimeField()

    objects: ClassVar = models.Manager["CellEdit"]()

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"column {self.column} of {self.of_id}"
