"""Requests that are malformed or ambiguous, each of which could mean two things to two servers."""

HOST = b"Host: x\r\n"
GET = b"GET /rooms?limit=1 HTTP/1.1\r\n"
POST = b"POST /rooms HTTP/1.1\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
# Follows each of them: an answer to it means that it was smuggled in.
BEHIND = b"GET /health/live?smuggled HTTP/1.1\r\nHost: x\r\n\r\n"


def get(field: bytes) -> bytes:
    """Write a GET with one more field."""
    return GET + HOST + field + b"\r\n\r\n"


def post(fields: bytes, body: bytes = b"0\r\n\r\n") -> bytes:
    """Write a POST with more fields, each with its CRLF, and a body."""
    return POST + HOST + fields + b"\r\n" + body


MALFORMED = {
    # RFC 9112, section 3: the request line
    "no version": b"GET /rooms\r\n\r\n",
    "HTTP/0.9": b"GET /rooms\r\nHost: x\r\n\r\n",
    "HTTP/1.2": b"GET /rooms HTTP/1.2\r\nHost: x\r\n\r\n",
    "HTTP/2.0": b"GET /rooms HTTP/2.0\r\nHost: x\r\n\r\n",
    "HTTP/11.1": b"GET /rooms HTTP/11.1\r\nHost: x\r\n\r\n",
    "http/1.1": b"GET /rooms http/1.1\r\nHost: x\r\n\r\n",
    "HTTP/1.1x": b"GET /rooms HTTP/1.1x\r\nHost: x\r\n\r\n",
    "HTTP2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "two spaces": b"GET  /rooms HTTP/1.1\r\nHost: x\r\n\r\n",
    "space in target": b"GET /ro oms HTTP/1.1\r\nHost: x\r\n\r\n",
    "space behind version": b"GET /rooms HTTP/1.1 \r\nHost: x\r\n\r\n",
    "space before method": b" GET /rooms HTTP/1.1\r\nHost: x\r\n\r\n",
    "tab in request line": b"GET\t/rooms HTTP/1.1\r\nHost: x\r\n\r\n",
    "method in lower case": b"get /rooms HTTP/1.1\r\nHost: x\r\n\r\n",
    "method with a colon": b"GET: /rooms HTTP/1.1\r\nHost: x\r\n\r\n",
    "no target": b"GET HTTP/1.1\r\nHost: x\r\n\r\n",
    "relative target": b"GET rooms HTTP/1.1\r\nHost: x\r\n\r\n",
    "asterisk": b"GET * HTTP/1.1\r\nHost: x\r\n\r\n",
    "authority": b"GET x:80 HTTP/1.1\r\nHost: x\r\n\r\n",
    "NUL in target": b"GET /rooms\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
    "DEL in target": b"GET /rooms\x7f HTTP/1.1\r\nHost: x\r\n\r\n",
    "bytes in target": b"GET /rooms\xc3\xa9 HTTP/1.1\r\nHost: x\r\n\r\n",
    "CR in target": b"GET /rooms\rX HTTP/1.1\r\nHost: x\r\n\r\n",
    "TLS": b"\x16\x03\x01\x00\xf4\x01\x00\x00\xf0\x03\x03\r\n\r\n",
    "two empty lines": b"\r\n\r\n" + GET + HOST + b"\r\n",
    "PROXY": b"PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\n" + GET + HOST + b"\r\n",
    # section 2.2: the ends of lines
    "bare LF": b"GET /rooms HTTP/1.1\nHost: x\n\n",
    "bare LF in the first line": b"GET /rooms HTTP/1.1\nHost: x\r\n\r\n",
    "bare LF behind a field": GET + b"Host: x\nA: b\r\n\r\n",
    "bare LF at the end": GET + b"Host: x\r\n\n",
    "bare CR": GET + b"Host: x\rA: b\r\n\r\n",
    "CR CR LF": GET + b"Host: x\r\r\n\r\n",
    # section 5: fields
    "space before colon": get(b"A : b"),
    "tab before colon": get(b"A\t: b"),
    "space in name": get(b"A b: c"),
    "no colon": get(b"Ab"),
    "no name": get(b": b"),
    "space before the first field": GET + b" Host: x\r\n\r\n",
    "folded": get(b"A: b\r\n c"),
    "folded by a tab": get(b"A: b\r\n\tc"),
    "folded length": post(b"Content-Length:\r\n 5\r\n", b"hello"),
    "folded coding": post(b"Transfer-Encoding:\r\n chunked\r\n"),
    "NUL in value": get(b"A: b\x00c"),
    "control in value": get(b"A: b\x01c"),
    "DEL in value": get(b"A: b\x7fc"),
    "NUL in name": get(b"A\x00: b"),
    "bytes in name": get(b"\xc3\xa9: b"),
    "paren in name": get(b"A(b): c"),
    "two hosts": get(b"Host: y"),
    "two equal hosts": get(b"Host: x"),
    "two types": post(b"Content-Type: a/b\r\nContent-Type: a/c\r\nContent-Length: 0\r\n", b""),
    "no host": GET + b"\r\n",
    "host with a slash": GET + b"Host: x/y\r\n\r\n",
    "empty host": GET + b"Host:\r\n\r\n",
    "too many fields": get(b"\r\n".join([b"A: b"] * 101)),
    "too long a field": get(b"A: " + b"b" * 8_200),
    "too long a target": b"GET /" + b"a" * 8_200 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "unknown expectation": get(b"Expect: 200-ok"),
    # section 6: how long a body is
    "length and coding": post(b"Content-Length: 5\r\n" + CHUNKED),
    "coding and length": post(CHUNKED + b"Content-Length: 5\r\n"),
    "length 0 and coding": post(b"Content-Length: 0\r\n" + CHUNKED),
    "two lengths": post(b"Content-Length: 5\r\nContent-Length: 6\r\n", b"hello"),
    "two equal lengths": post(b"Content-Length: 5\r\nContent-Length: 5\r\n", b"hello"),
    "list of lengths": post(b"Content-Length: 5, 5\r\n", b"hello"),
    "negative length": post(b"Content-Length: -1\r\n", b""),
    "length with a sign": post(b"Content-Length: +5\r\n", b"hello"),
    "length with a point": post(b"Content-Length: 5.0\r\n", b"hello"),
    "length in hexadecimal": post(b"Content-Length: 0x5\r\n", b"hello"),
    "length with an underscore": post(b"Content-Length: 1_0\r\n", b"hello"),
    "length with a space": post(b"Content-Length: 1 0\r\n", b"hello"),
    "empty length": post(b"Content-Length:\r\n", b"hello"),
    "superscript length": post(b"Content-Length: \xb2\r\n", b"hello"),
    "endless length": post(b"Content-Length: " + b"9" * 5_000 + b"\r\n", b"hello"),
    "two codings": post(CHUNKED + CHUNKED),
    "chunked twice": post(b"Transfer-Encoding: chunked, chunked\r\n"),
    "identity": post(b"Transfer-Encoding: identity\r\n"),
    "identity and length": post(b"Transfer-Encoding: identity\r\nContent-Length: 5\r\n", b"hello"),
    "chunked and identity": post(b"Transfer-Encoding: chunked, identity\r\n"),
    "identity and chunked": post(b"Transfer-Encoding: identity, chunked\r\n"),
    "gzip": post(b"Transfer-Encoding: gzip\r\n"),
    "gzip and chunked": post(b"Transfer-Encoding: gzip, chunked\r\n"),
    "xchunked": post(b"Transfer-Encoding: xchunked\r\n"),
    "quoted chunked": post(b'Transfer-Encoding: "chunked"\r\n'),
    "chunked with a parameter": post(b"Transfer-Encoding: chunked;a=b\r\n"),
    "empty coding": post(b"Transfer-Encoding:\r\n"),
    "coding behind a comma": post(b"Transfer-Encoding: ,chunked\r\n"),
    "coding behind a vertical tab": post(b"Transfer-Encoding: \x0bchunked\r\n"),
    "coding with a space before its colon": post(b"Transfer-Encoding : chunked\r\n"),
    "coding in HTTP/1.0": POST.replace(b"1.1", b"1.0") + HOST + CHUNKED + b"\r\n0\r\n\r\n",
}
# A name with an underscore could pass for another one: it is refused, or as if it were not there.
UNDERSCORED = {
    "length": b"Content_Length: 5",
    "coding": b"Transfer_Encoding: chunked",
    "scheme": b"X_Forwarded_Proto: https",
    "path": b"SCRIPT_NAME: /rooms",
}
# What no chunked body looks like (RFC 9112, section 7.1), though some of it begins well.
CHUNKS = {
    "no size": b"\r\nhello\r\n0\r\n\r\n",
    "letters": b"zz\r\n",
    "negative size": b"-1\r\n\r\n",
    "size with a sign": b"+5\r\nhello\r\n0\r\n\r\n",
    "size with 0x": b"0x5\r\nhello\r\n0\r\n\r\n",
    "size with an underscore": b"0_5\r\nhello\r\n0\r\n\r\n",
    "space behind the size": b"5 \r\nhello\r\n0\r\n\r\n",
    "space before the size": b" 5\r\nhello\r\n0\r\n\r\n",
    "endless size": b"f" * 20_000 + b"\r\n",
    "huge size": b"f" * 16 + b"\r\nhello",
    "wrapped size": b"1" + b"0" * 15 + b"5\r\nhello\r\n0\r\n\r\n",
    "NUL in an extension": b"5;\x00\r\nhello\r\n0\r\n\r\n",
    "LF in an extension": b"5;a\nb\r\nhello\r\n0\r\n\r\n",
    "CR in an extension": b"5;a\rb\r\nhello\r\n0\r\n\r\n",
    "open quote in an extension": b'5;a="b\r\nhello\r\n0\r\n\r\n',
    "endless extension": b"5;" + b"a" * 20_000 + b"\r\nhello\r\n0\r\n\r\n",
    "bare LF": b"5\nhello\n0\n\n",
    "bare LF behind data": b"5\r\nhello\n0\r\n\r\n",
    "longer than its size": b"5\r\nhelloworld\r\n0\r\n\r\n",
    "shorter than its size": b"9\r\nhello\r\n0\r\n\r\n\r\n",
    "no CRLF behind data": b"5\r\nhello0\r\n\r\n",
    "no trailer": b"0\r\nno trailer\r\n\r\n",
    "length as trailer": b"0\r\nContent-Length: 5\r\n\r\n",
    "coding as trailer": b"0\r\nTransfer-Encoding: chunked\r\n\r\n",
    "host as trailer": b"0\r\nHost: y\r\n\r\n",
    "token as trailer": b"0\r\nAuthorization: Bearer x\r\n\r\n",
    "folded trailer": b"0\r\nA: b\r\n c\r\n\r\n",
    "NUL in a trailer": b"0\r\nA: \x00\r\n\r\n",
    "bare LF behind a trailer": b"0\r\nA: b\n\r\n\r\n",
    "too many trailers": b"0\r\n" + b"A: b\r\n" * 20_000 + b"\r\n",
}
