/* Names of activation hosts; see address.h. */
#include "address.h"

#include "base/sentences.h"
#include "ipv6.h"
#include "proto/api.h"

#include <stdio.h>
#include <string.h>

enum { PORT_OF_HTTPS = 443 };

/* Might be the end of an address too, but whoever types it means the port. */
#define MEANT_AS_PORT ":8216"

_Static_assert(DEFAULT_PORT == 8216, "as above");
_Static_assert(ADDRESS_SIZE > sizeof HTTPS - 1 + HOST_NAME_MAX_BYTES + sizeof ":65535", "every address fits");

static RESULT refuse(struct reason *reason, const char *why)
{
    return reason_say(reason, FAIL(DOCUMENT_VALUE), "%s", why);
}

static bool cut_beginning(struct slice *text, const char *beginning)
{
    const size_t size = strlen(beginning);
    if (text->size < size || !ascii_same((const char *)text->data, beginning, size))
        return false;
    *text = slice_make(text->data + size, text->size - size);
    return true;
}

/* What stands before the host, and the stroke that browsers put behind it. */
static RESULT cut_scheme(struct slice *text, bool *ret_https, struct reason *reason)
{
    *ret_https = cut_beginning(text, HTTPS);
    if ((*ret_https || cut_beginning(text, "http://")) && text->size > 0 && text->data[text->size - 1] == '/')
        text->size--;
    if (text->size > 0 && memchr(text->data, '/', text->size) != NULL)
        return refuse(reason, _("a host is meant, such as kms.example or https://kms.example, and no page of it"));
    if (text->size > 0 && memchr(text->data, '@', text->size) != NULL)
        return refuse(reason, _("hosts are asked without the name of a user"));
    return RESULT_OK;
}

/* An interface of this machine, for addresses that every interface has a network of. In a URL "%25" stands for "%". */
static RESULT zone_read(struct slice text, const char *literal, char ret_zone[static ZONE_SIZE], struct reason *reason)
{
    if (text.size > 2 && slice_starts_with(text, "25"))
        text = slice_make(text.data + 2, text.size - 2);
    if (strncmp(literal, "fe8", 3) != 0 && strncmp(literal, "fe9", 3) != 0 && strncmp(literal, "fea", 3) != 0 &&
        strncmp(literal, "feb", 3) != 0)
        return refuse(reason, _("only addresses of fe80::/10 have an interface behind %"));
    if (text.size == 0 || text.size >= ZONE_SIZE)
        return refuse(reason, _("behind % stands the name of an interface, of 1 to 15 characters"));
    for (size_t i = 0; i < text.size; i++) {
        const char typed = (char)text.data[i];
        if (!ascii_is_alphanumeric(typed) && typed != '-' && typed != '.' && typed != '_')
            return refuse(reason, _("behind % stands the name of an interface, of letters, digits, '.', '-' and '_'"));
        ret_zone[i] = typed;
    }
    ret_zone[text.size] = 0;
    return RESULT_OK;
}

/* An IPv6 address, which gets brackets. */
static RESULT literal_read(struct slice text, char ret_name[static ADDRESS_SIZE], struct reason *reason)
{
    char literal[IPV6_TEXT_SIZE];
    char zone[ZONE_SIZE] = "";
    const uint8_t *percent = text.size > 0 ? memchr(text.data, '%', text.size) : NULL;
    const size_t size = percent == NULL ? text.size : (size_t)(percent - text.data);
    if (!is_ok(ipv6_read(slice_make(text.data, size), literal)))
        return refuse(reason, _("that is no IPv6 address"));
    if (percent != NULL)
        TRY(zone_read(slice_make(percent + 1, text.size - size - 1), literal, zone, reason));
    snprintf(ret_name, ADDRESS_SIZE, "[%s%s%s]", literal, percent != NULL ? "%" : "", zone);
    return RESULT_OK;
}

/* A last dot says that the name is whole, which changes nothing about who is meant. */
static RESULT name_read(struct slice text, char ret_name[static ADDRESS_SIZE], struct reason *reason)
{
    if (text.size > 1 && text.data[text.size - 1] == '.')
        text.size--;
    if (text.size == 0)
        return refuse(reason, _("the name of the host is missing"));
    if (text.size > HOST_NAME_MAX_BYTES)
        return refuse(reason, _("names have at most 253 characters"));
    for (size_t i = 0; i < text.size; i++) {
        const char typed = (char)text.data[i];
        const bool inside = i > 0 && i + 1 < text.size;
        if (!ascii_is_alphanumeric(typed) && !(inside && (typed == '-' || typed == '.' || typed == '_')))
            return refuse(reason, _("names are made of letters, digits, '-', '_' and '.', and begin and end with a "
                                    "letter or digit"));
        ret_name[i] = ascii_lower(typed);
    }
    ret_name[text.size] = 0;
    return RESULT_OK;
}

/* Two colons are in no name, and in every IPv6 address: then all of it is one, without a port. */
static bool is_bare_literal(struct slice text)
{
    size_t colons = 0;
    for (size_t i = 0; i < text.size; i++)
        colons += text.data[i] == ':' ? 1 : 0;
    return colons > 1;
}

/* *ret_behind is what follows the host: nothing, or a port. */
static RESULT host_read(struct slice text, char ret_name[static ADDRESS_SIZE], struct slice *ret_behind,
                        struct reason *reason)
{
    size_t end = text.size;
    if (text.size > 0 && text.data[0] == '[') {
        const uint8_t *bracket = memchr(text.data, ']', text.size);
        if (bracket == NULL)
            return refuse(reason, _("the bracket behind the address is missing"));
        end = (size_t)(bracket - text.data) + 1;
        TRY(literal_read(slice_make(text.data + 1, end - 2), ret_name, reason));
    } else if (is_bare_literal(text)) {
        if (slice_cut_ending(&text, MEANT_AS_PORT))
            return refuse(reason, _("before a port an IPv6 address needs brackets, as in [::1]:8216"));
        TRY(literal_read(text, ret_name, reason));
    } else {
        const uint8_t *colon = text.size > 0 ? memchr(text.data, ':', text.size) : NULL;
        end = colon == NULL ? text.size : (size_t)(colon - text.data);
        TRY(name_read(slice_make(text.data, end), ret_name, reason));
    }
    *ret_behind = slice_make(text.data + end, text.size - end);
    return RESULT_OK;
}

RESULT host_address_read(struct slice text, char ret_address[static ADDRESS_SIZE], struct reason *reason)
{
    char name[ADDRESS_SIZE] = "";
    struct slice behind = {0};
    bool https = false;
    TRY(cut_scheme(&text, &https, reason));
    TRY(host_read(text, name, &behind, reason));
    uint64_t port = https ? PORT_OF_HTTPS : DEFAULT_PORT;
    if (behind.size > 0 &&
        (behind.data[0] != ':' ||
         !is_ok(decimal_read(slice_make(behind.data + 1, behind.size - 1), UINT16_MAX, &port)) || port == 0))
        return refuse(reason, _("behind the host may stand a colon and a port from 1 to 65535"));
    snprintf(ret_address, ADDRESS_SIZE, "%s%.*s:%u", https ? HTTPS : "", HOST_NAME_MAX_BYTES, name, (unsigned)port);
    return RESULT_OK;
}

void host_address_parts(const char *address, struct host_parts *ret_parts)
{
    struct slice text = slice_of(address);
    *ret_parts = (struct host_parts){.https = cut_beginning(&text, HTTPS)};
    const char *const begin = (const char *)text.data;
    const char *const colon = strrchr(begin, ':');
    ret_parts->literal = begin[0] == '[';
    const size_t size = colon == NULL ? strlen(begin) : (size_t)(colon - begin);
    const size_t bracket = ret_parts->literal && size > 1 ? 1 : 0;
    snprintf(ret_parts->name, sizeof ret_parts->name, "%.*s", (int)(size - 2 * bracket), begin + bracket);
    snprintf(ret_parts->port, sizeof ret_parts->port, "%s", colon == NULL ? "" : colon + 1);
}

RESULT host_list_add(struct host_list *hosts, struct slice text, struct reason *reason)
{
    char address[ADDRESS_SIZE];
    TRY(host_address_read(text, address, reason));
    for (size_t i = 0; i < hosts->count; i++)
        if (strcmp(hosts->addresses[i], address) == 0)
            return RESULT_OK;
    ENSURE(hosts->count < HOSTS_MAX, DOCUMENT_LIMIT);
    memcpy(hosts->addresses[hosts->count++], address, sizeof address);
    return RESULT_OK;
}
