"""Small real files of every type that can be sent, made here, and what tries to pass for one."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

from samsyn.demo.world import pdf

Make = Callable[[], bytes]
ODF = "application/vnd.oasis.opendocument."
SIE = (
    '#FLAGGA 0\r\n#PROGRAM "Bokföring & Co" 1.0\r\n#FORMAT PC8\r\n#GEN 20260115\r\n#SIETYP 4\r\n'
    '#FNAMN "Bageri Morgonglöd AB"\r\n#VER A 1 20251209 "Degblandare, begagnad"\r\n{\r\n'
    "#TRANS 1220 {} 1249.50\r\n#TRANS 1930 {} -1249.50\r\n}\r\n\x1a"
)


def picture(kind: str) -> bytes:
    import pillow_heif
    from PIL import Image

    pillow_heif.register_heif_opener()
    out = io.BytesIO()
    Image.new("RGB", (64, 48), (180, 120, 60)).save(out, kind)
    return out.getvalue()


def xlsx() -> bytes:
    import openpyxl

    book, out = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["Konto", "Saldo", "å ä ö"])
    book.save(out)
    return out.getvalue()


def packed(files: dict[str, bytes | str], *, before: bytes = b"") -> bytes:
    """A zip; `before` lies in front of it. A file named mimetype is not packed."""
    out = io.BytesIO(before)
    out.seek(0, io.SEEK_END)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as into:
        for name, content in files.items():
            into.writestr(name, content, zipfile.ZIP_STORED if name == "mimetype" else None)
    return out.getvalue()


def docx(**more: bytes | str) -> bytes:
    return packed({"[Content_Types].xml": "<Types/>", "word/document.xml": "<w:document/>", **more})


def odf(kind: str) -> bytes:
    manifest = {"META-INF/manifest.xml": "<m/>"}
    return packed({"mimetype": ODF + kind, "content.xml": "<office:document-content/>", **manifest})


REAL: dict[str, tuple[Make, str]] = {
    "kvitto.pdf": (pdf, "application/pdf"),
    "foto.jpg": (lambda: picture("JPEG"), "image/jpeg"),
    "foto.JPEG": (lambda: picture("JPEG"), "image/jpeg"),
    "bild.png": (lambda: picture("PNG"), "image/png"),
    "IMG_0001.HEIC": (lambda: picture("HEIF"), "image/heic"),
    "bild.webp": (lambda: picture("WEBP"), "image/webp"),
    "läs mig.txt": ("Åtta öre <b>kvar</b>\r\n\x1a".encode, "text/plain"),
    "windows.txt": (lambda: "Åtta öre".encode("cp1252"), "text/plain"),
    "unicode.txt": (lambda: "Åtta öre".encode("utf-16"), "text/plain"),
    "konto.csv": (lambda: "Konto;Saldo\r\n1930;1 249,50\r\n".encode("cp1252"), "text/csv"),
    "bok.xlsx": (xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "brev.docx": (docx, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "bok.ods": (lambda: odf("spreadsheet"), ODF + "spreadsheet"),
    "brev.odt": (lambda: odf("text"), ODF + "text"),
    "faktura.xml": (lambda: '<?xml version="1.0"?><!-- å --><Invoice xmlns="urn:x"/>'.encode(), "application/xml"),
    "latin.xml": (lambda: '<?xml version="1.0" encoding="iso-8859-1"?><a>å</a>'.encode("latin-1"), "application/xml"),
    "BOK.SE": (lambda: SIE.encode("cp437"), "application/x-sie"),
    "loner.si": (lambda: SIE.encode("cp437"), "application/x-sie"),
    "ny.se": (lambda: b"\xef\xbb\xbf" + SIE.encode(), "application/x-sie"),
}

HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
ZIP = {"a.txt": "hej"}


def bomb(megabytes: int) -> bytes:
    """A spreadsheet whose one sheet is that many megabytes of nothing, and a thousandth of it as it is sent."""
    out = io.BytesIO(packed({"[Content_Types].xml": "<Types/>", "xl/workbook.xml": "<workbook/>"}))
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as into, into.open("xl/worksheets/sheet1.xml", "w") as sheet:
        for _million in range(megabytes):
            sheet.write(bytes(1_000_000))
    return out.getvalue()


FORGED: dict[str, Make] = {
    "html.pdf": lambda: HTML,
    "html.txt": lambda: HTML,
    "html with space before.txt": lambda: b"\r\n \t" + HTML.lower(),
    "html a few words in.txt": lambda: b"hej\n" + HTML,
    "html.csv": lambda: b"<table><tr><td>1</td></tr></table>",
    "html.xml": lambda: b"<html><body/></html>",
    "xhtml.xml": lambda: b'<?xml version="1.0"?><x:html xmlns:x="http://www.w3.org/1999/xhtml"/>',
    "svg.xml": lambda: b'<?xml version="1.0"?><!-- a drawing -->' + SVG,
    "svg deep inside.xml": lambda: b"<a>" + b"<b/>" * 5000 + SVG + b"</a>",
    "svg in two bytes.xml": lambda: ("<a>" + SVG.decode() + "</a>").encode("utf-16"),
    "svg with its name hidden.xml": lambda: b'<a><s xmlns="http://www.w3.org/2000/sv&#103;"/></a>',
    "svg.png": lambda: SVG,
    "svg.txt": lambda: SVG,
    "entities.xml": lambda: b'<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;">]><a>&c;</a>',
    "half.xml": lambda: b"<a><b></a>",
    "web page.se": lambda: HTML,
    "letter.si": lambda: b"Hej! Filen kommer sen.",
    "pdf that is a zip.pdf": lambda: packed(ZIP, before=pdf()),
    "picture that is a zip.jpg": lambda: packed(ZIP, before=picture("JPEG")),
    "text that is a zip.txt": lambda: packed(ZIP, before=b"hej " * 5000),
    "sie that is a zip.se": lambda: packed(ZIP, before=SIE.encode("cp437")),
    "zip.xlsx": lambda: packed(ZIP),
    "docx.xlsx": docx,
    "xlsx.docx": xlsx,
    "macros.xlsx": lambda: packed({"[Content_Types].xml": "", "xl/workbook.xml": "", "xl/vbaProject.bin": "x"}),
    "program before.xlsx": lambda: packed({"[Content_Types].xml": "", "xl/workbook.xml": ""}, before=b"MZ\x90\0"),
    "odt.ods": lambda: odf("text"),
    "template.odt": lambda: odf("text-template"),
    "png.jpg": lambda: picture("PNG"),
    "avif.heic": lambda: b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf" + bytes(40),
    "film.heic": lambda: b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + bytes(40),
    "program.txt": lambda: b"MZ\x90\0\3\0\0\0",
    "binary behind text.csv": lambda: b"a;b\n" * 5000 + b"\0\1\2",
    "half of two bytes.txt": lambda: b"\xff\xfe\x00\xd8",
}
UNKNOWN: dict[str, Make] = {
    "program.exe": lambda: b"MZ\x90\0",
    "bild.svg": lambda: SVG,
    "sida.html": lambda: HTML,
    "arkiv.zip": lambda: packed(ZIP),
    "bok.xlsm": xlsx,
    "kvitto": pdf,
    "pdf": pdf,
    "kvitto.pdf.exe": pdf,
}


def posted(name: str, content: bytes, field: str, **more: str) -> dict[str, Any]:
    """A form as an attacker would write it: `name` goes into the header as it stands."""
    edge = "samsyn-edge"
    parts = [f'--{edge}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}' for key, value in more.items()]
    head = f'--{edge}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n'
    body = "".join(f"{part}\r\n" for part in parts).encode() + head.encode() + content + f"\r\n--{edge}--\r\n".encode()
    return {"data": body, "content_type": f"multipart/form-data; boundary={edge}"}
