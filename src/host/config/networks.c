/* Networks of addresses; see host/networks.h. */
#include "host/networks.h"

#include "base/sentences.h"

#include <arpa/inet.h>
#include <string.h>

enum { ADDRESS_BITS = 8 * ADDRESS_SIZE, IPV4_FROM = 8 * ADDRESS_IPV4_AT };

/* ---- in ---- */

static bool read_address(struct slice text, struct address *ret_address, bool *ret_dotted)
{
    char copy[INET6_ADDRSTRLEN];
    uint8_t ipv4[ADDRESS_IPV4_SIZE];
    if (!is_ok(slice_copy_text(text, copy, sizeof copy)))
        return false;
    *ret_dotted = inet_pton(AF_INET, copy, ipv4) == 1;
    if (*ret_dotted)
        *ret_address = address_of_ipv4(ipv4);
    return *ret_dotted || inet_pton(AF_INET6, copy, ret_address->bytes) == 1;
}

/* What the address would be with nothing behind those bits. */
static struct address begin_of(const struct address *address, unsigned bits)
{
    struct address begin = {{0}};
    for (unsigned bit = 0; bit < bits; bit++)
        begin.bytes[bit / 8] |= (uint8_t)(address->bytes[bit / 8] & (0x80 >> bit % 8));
    return begin;
}

static RESULT read_bits(struct slice text, struct slice digits, bool dotted, uint8_t *ret_bits, struct reason *reason)
{
    const uint64_t most = dotted ? ADDRESS_BITS - IPV4_FROM : ADDRESS_BITS;
    uint64_t bits;
    if (!is_ok(decimal_read(digits, most, &bits)))
        return reason_say(reason, FAIL(CONFIG_BAD_VALUE),
                          dotted ? _("\"%.*s\": behind the slash of an IPv4 network stands a number from 0 to 32")
                                 : _("\"%.*s\": behind the slash of an IPv6 network stands a number from 0 to 128"),
                          (int)text.size, (const char *)text.data);
    *ret_bits = (uint8_t)(dotted ? bits + IPV4_FROM : bits);
    return RESULT_OK;
}

/* `text` is not longer than a network can be: what is longer was cut for the reason. */
static RESULT read_parts(struct slice text, struct address_network *ret_network, struct reason *reason)
{
    const uint8_t *const slash = memchr(text.data, '/', text.size);
    const size_t size = slash == NULL ? text.size : (size_t)(slash - text.data);
    struct address_network network = {.bits = ADDRESS_BITS};
    bool dotted;
    if (!read_address(slice_make(text.data, size), &network.address, &dotted))
        return reason_say(reason, FAIL(CONFIG_BAD_VALUE),
                          _("\"%.*s\" is no network; what is meant looks like 10.0.0.0/8, 2001:db8::/32 or 192.0.2.7"),
                          (int)text.size, (const char *)text.data);
    if (slash != NULL)
        TRY(read_bits(text, slice_make(slash + 1, text.size - size - 1), dotted, &network.bits, reason));
    *ret_network = network;
    return RESULT_OK;
}

RESULT network_read(struct slice text, struct address_network *ret_network, struct reason *reason)
{
    struct address_network network = {.bits = 0};
    const struct slice shown = slice_make(text.data, text.size < NETWORK_TEXT_SIZE ? text.size : NETWORK_TEXT_SIZE);
    TRY(read_parts(shown, &network, reason));
    const struct address_network meant = {begin_of(&network.address, network.bits), network.bits};
    if (!address_equal(&meant.address, &network.address)) {
        CLEANUP_BUFFER struct buffer words = buffer_make(NETWORK_TEXT_SIZE);
        network_write(&meant, &words);
        return reason_say(reason, FAIL(CONFIG_BAD_VALUE), _("\"%.*s\" is an address within a network; that is %s"),
                          (int)shown.size, (const char *)shown.data, buffer_text(&words));
    }
    *ret_network = network;
    return RESULT_OK;
}

static bool is_between(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == ',';
}

/* The next of a list; of no size behind the last. */
static struct slice take_word(struct slice *rest)
{
    while (rest->size > 0 && is_between(*rest->data))
        *rest = slice_make(rest->data + 1, rest->size - 1);
    size_t size = 0;
    while (size < rest->size && !is_between(rest->data[size]))
        size++;
    const struct slice word = slice_make(rest->data, size);
    *rest = slice_make(rest->data + size, rest->size - size);
    return word;
}

RESULT networks_add(struct slice text, struct networks *networks, struct reason *reason)
{
    size_t count = networks->count;
    for (struct slice word = take_word(&text); word.size > 0; word = take_word(&text)) {
        if (count == NETWORKS_MAX)
            return reason_say(reason, FAIL(CONFIG_BAD_VALUE), _("there are more than %d networks"), NETWORKS_MAX);
        TRY(network_read(word, &networks->list[count++], reason));
    }
    if (count == networks->count)
        return reason_say(reason, FAIL(CONFIG_BAD_VALUE), _("no network is named; without the line all may ask"));
    networks->count = count;
    return RESULT_OK;
}

/* ---- out ---- */

static bool is_ipv4(const struct address_network *network)
{
    return network->bits >= IPV4_FROM && address_is_ipv4(&network->address);
}

void network_write(const struct address_network *network, struct buffer *out)
{
    char text[INET6_ADDRSTRLEN] = "";
    const bool dotted = is_ipv4(network);
    if (dotted)
        inet_ntop(AF_INET, network->address.bytes + ADDRESS_IPV4_AT, text, sizeof text);
    else
        inet_ntop(AF_INET6, network->address.bytes, text, sizeof text);
    buffer_printf(out, "%s/%u", text, network->bits - (dotted ? (unsigned)IPV4_FROM : 0));
}

void networks_write(const struct networks *networks, struct buffer *out)
{
    for (size_t i = 0; i < networks->count; i++) {
        buffer_append_text(out, i == 0 ? "" : ", ");
        network_write(&networks->list[i], out);
    }
}

/* ---- the question ---- */

bool networks_have(const struct networks *networks, const struct address *address)
{
    bool found = networks->count == 0;
    for (size_t i = 0; i < networks->count && !found; i++) {
        const struct address_network *const network = &networks->list[i];
        found =
            is_ipv4(network) == address_is_ipv4(address) && address_begins(address, &network->address, network->bits);
    }
    return found;
}
