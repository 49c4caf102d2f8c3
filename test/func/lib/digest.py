# SPDX-License-Identifier: GPL-2.0-or-later
"""Digest credentials (RFC 2617), as a phone answers a challenge."""
import hashlib
import re

HEADERS = {401: ("WWW-Authenticate", "Authorization"),
           407: ("Proxy-Authenticate", "Proxy-Authorization")}


def md5(*words):
    return hashlib.md5(":".join(words).encode()).hexdigest()


def credentials(challenge, method, uri, user, password):
    """The (name, value) header that answers a 401 or 407."""
    asks, answers = HEADERS[challenge.status]
    fields = dict(re.findall(r'(\w+)="([^"]*)"', challenge.h(asks)))
    response = md5(md5(user, fields["realm"], password), fields["nonce"],
                   md5(method, uri))
    return answers, (
        'Digest username="%s", realm="%s", nonce="%s", uri="%s", '
        'response="%s", algorithm=MD5' % (
            user, fields["realm"], fields["nonce"], uri, response))


def answered(send, uri, user, password):
    """send(headers) -> Transaction; once more with credentials where it is
    challenged. The last transaction."""
    transaction = send([])
    final = transaction.final()
    if final.status not in HEADERS:
        return transaction
    return send([credentials(final, transaction.request.method, uri, user,
                             password)])
