/*
 * How a machine shows that it has the site key of its organisation, with whatever it asks by POST:
 *
 *     Authorization: Aval-Site BASE64
 *
 * BASE64 is HMAC-SHA-256 under the key of the body, byte for byte as it is sent: 44 characters. So the key itself never
 * travels, and what somebody on the path has heard fits that one body alone, which its number makes of use once. There
 * is one spelling of it. Questions without a body show nothing: one answer would fit all of them.
 *
 * Pure, thread-safe; writer and reader stand side by side in site_authorization.c.
 */
#ifndef PROTO_SITE_AUTHORIZATION_H
#define PROTO_SITE_AUTHORIZATION_H

#include "core/documents/site_key.h"

#define SITE_AUTHORIZATION_SCHEME "Aval-Site "
/* Of the header's value, with a final zero. */
enum { SITE_AUTHORIZATION_SIZE = sizeof SITE_AUTHORIZATION_SCHEME + BASE64_LENGTH(MAC_SIZE) };

void site_authorization_write(const struct site_key *key, struct slice body,
                              char ret_value[static SITE_AUTHORIZATION_SIZE]);
/* Takes the value apart; nothing is verified. DOCUMENT_VALUE for another scheme, BASE64, or TEXT_TOO_LONG. */
RESULT site_authorization_read(struct slice value, uint8_t ret_mac[static MAC_SIZE]);
/* The index of the key by which the value fits the body; `count` where there is none. Its time depends on the lengths
 * and on which of the keys it is, and on nothing else of them. */
size_t site_authorization_key(struct slice value, struct slice body, const struct site_key *keys, size_t count);

#endif
