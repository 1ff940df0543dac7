/* The header by which a machine shows the site key; see site_authorization.h. */
#include "proto/site_authorization.h"

#include <string.h>

void site_authorization_write(const struct site_key *key, struct slice body,
                              char ret_value[static SITE_AUTHORIZATION_SIZE])
{
    uint8_t mac[MAC_SIZE];
    secret_mac(key->bytes, body, mac);
    memcpy(ret_value, SITE_AUTHORIZATION_SCHEME, sizeof SITE_AUTHORIZATION_SCHEME);
    base64_write(mac, sizeof mac, ret_value + strlen(SITE_AUTHORIZATION_SCHEME));
}

RESULT site_authorization_read(struct slice value, uint8_t ret_mac[static MAC_SIZE])
{
    const size_t scheme = strlen(SITE_AUTHORIZATION_SCHEME);
    ENSURE(slice_starts_with(value, SITE_AUTHORIZATION_SCHEME), DOCUMENT_VALUE);
    return base64_read_exactly(slice_make(value.data + scheme, value.size - scheme), ret_mac, MAC_SIZE);
}

size_t site_authorization_key(struct slice value, struct slice body, const struct site_key *keys, size_t count)
{
    uint8_t shown[MAC_SIZE];
    uint8_t mac[MAC_SIZE];
    size_t found = count;
    if (!is_ok(site_authorization_read(value, shown)))
        return count;
    for (size_t i = 0; i < count && found == count; i++) {
        secret_mac(keys[i].bytes, body, mac);
        if (secret_equal(mac, shown, sizeof mac))
            found = i;
    }
    secret_wipe(mac, sizeof mac); /* it would fit the body of whoever is refused */
    return found;
}
