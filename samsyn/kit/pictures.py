"""Pictures that others will see: read, drawn anew in a bounded size, and nothing else of the file kept."""

from __future__ import annotations

import io
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps

FORMATS = ("PNG", "JPEG", "WEBP")
MOST_PIXELS = 8_000_000
WIDE, HIGH = 640, 160


class PictureField(forms.FileField):
    """A small picture → the bytes of a PNG of at most 640 × 160 pixels, or None when none was chosen.

    What is kept is drawn by us from the pixels: no metadata, no second picture, nothing that only looks like one.
    """

    widget = forms.FileInput(attrs={"accept": ".png,.jpg,.jpeg,.webp"})

    def __init__(self, *, most_bytes: int, **options: Any) -> None:
        self.most_bytes = most_bytes
        super().__init__(allow_empty_file=True, **options)

    def clean(self, data: Any, initial: Any = None) -> bytes | None:
        upload = super().clean(data, initial)
        if not upload:
            return None
        if upload.size > self.most_bytes:
            sentence = _("The picture is %(size)s kB. The limit is %(limit)s kB.")
            shown = {"size": -(-upload.size // 1000), "limit": self.most_bytes // 1000}
            raise ValidationError(sentence, code="too_big", params=shown)
        return drawn_anew(upload.read())


def drawn_anew(content: bytes) -> bytes:
    """The picture as a PNG that fits in 640 × 160, or a ValidationError with the sentence to show."""
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise Image.DecompressionBombError
            turned = ImageOps.exif_transpose(opened).convert("RGBA")
    except Image.DecompressionBombError as error:
        raise ValidationError(_("The picture has too many pixels. Make it smaller and try again.")) from error
    except Exception as error:  # a decoder fed with hostile bytes may raise anything
        raise ValidationError(_("Choose a picture in PNG, JPEG or WEBP.")) from error
    turned.thumbnail((WIDE, HIGH))
    fresh = Image.new("RGBA", turned.size)
    fresh.paste(turned)
    out = io.BytesIO()
    fresh.save(out, "PNG", optimize=True)
    return out.getvalue()
