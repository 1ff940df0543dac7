/* Names of activation hosts; see address.h. */
#include "address.h"

#include "ipv6.h"
#include "proto/api.h"

#include <stdio.h>
#include <string.h>

enum { HOST_NAME_MAX_BYTES = 253 };

/* An IPv6 address, which stands between brackets. */
static RESULT literal_read(struct slice text, char ret_name[static ADDRESS_SIZE])
{
    char literal[IPV6_TEXT_SIZE];
    TRY(ipv6_read(text, literal));
    snprintf(ret_name, ADDRESS_SIZE, "[%s]", literal);
    return RESULT_OK;
}

static RESULT name_read(struct slice text, char ret_name[static ADDRESS_SIZE])
{
    ENSURE(text.size > 0 && text.size <= HOST_NAME_MAX_BYTES, DOCUMENT_VALUE);
    for (size_t i = 0; i < text.size; i++) {
        const char typed = (char)text.data[i];
        const bool inside = i > 0 && i + 1 < text.size;
        ENSURE(ascii_is_alphanumeric(typed) || (inside && (typed == '-' || typed == '.' || typed == '_')),
               DOCUMENT_VALUE);
        ret_name[i] = ascii_lower(typed);
    }
    ret_name[text.size] = 0;
    return RESULT_OK;
}

RESULT host_address_read(struct slice text, char ret_address[static ADDRESS_SIZE])
{
    char name[ADDRESS_SIZE] = "";
    uint64_t port = DEFAULT_PORT;
    size_t end = 0;
    if (text.size > 0 && text.data[0] == '[') {
        const uint8_t *bracket = memchr(text.data, ']', text.size);
        ENSURE(bracket != NULL, DOCUMENT_VALUE);
        end = (size_t)(bracket - text.data) + 1;
        TRY(literal_read(slice_make(text.data + 1, end - 2), name));
    } else {
        const uint8_t *colon = text.size > 0 ? memchr(text.data, ':', text.size) : NULL;
        end = colon == NULL ? text.size : (size_t)(colon - text.data);
        TRY(name_read(slice_make(text.data, end), name));
    }
    if (end < text.size) {
        ENSURE(text.data[end] == ':', DOCUMENT_VALUE);
        TRY(decimal_read(slice_make(text.data + end + 1, text.size - end - 1), UINT16_MAX, &port));
        ENSURE(port > 0, DOCUMENT_VALUE);
    }
    snprintf(ret_address, ADDRESS_SIZE, "%.*s:%u", HOST_NAME_MAX_BYTES, name, (unsigned)port);
    return RESULT_OK;
}

RESULT host_list_add(struct host_list *hosts, struct slice text)
{
    char address[ADDRESS_SIZE];
    TRY(host_address_read(text, address));
    for (size_t i = 0; i < hosts->count; i++)
        if (strcmp(hosts->addresses[i], address) == 0)
            return RESULT_OK;
    ENSURE(hosts->count < HOSTS_MAX, DOCUMENT_LIMIT);
    memcpy(hosts->addresses[hosts->count++], address, sizeof address);
    return RESULT_OK;
}
