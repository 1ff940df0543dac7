/*
 * Values known to repeat; see sources.h. They are written as they are compared: letters and digits alone, in lower
 * case. ASCII by its bytes, so that a product's setlocale() changes nothing.
 */
#include "machine/hardware/sources.h"

#include "base/bytes.h"

#include <string.h>

/* The whole value, or its beginning with `digits` behind it. NULL for `kind`: of any. */
struct known_value {
    const char *kind;
    const char *text;
    bool then_digits;
};

static const struct known_value known_values[] = {
    /* Words of SMBIOS tables that nobody filled in: boards sold without a system, and firmware of small makers. */
    {NULL, "none", false},
    {NULL, "null", false},
    {NULL, "unknown", false},
    {NULL, "invalid", false},
    {NULL, "empty", false},
    {NULL, "na", false},
    {NULL, "notavailable", false},
    {NULL, "notspecified", false},
    {NULL, "notapplicable", false},
    {NULL, "notset", false},
    {NULL, "default", false},
    {NULL, "defaultstring", false},
    {NULL, "tobefilledbyoem", false},
    {NULL, "filledbyoem", false},
    {NULL, "oem", false},
    {NULL, "systemserialnumber", false},
    {NULL, "baseboardserialnumber", false},
    {NULL, "boardserialnumber", false},
    {NULL, "chassisserialnumber", false},
    {NULL, "serialnumber", false},
    {NULL, "serial", false},
    {NULL, "0123456789", false},
    {NULL, "123456789", false},
    {NULL, "1234567890", false},
    {NULL, "12345678", false},
    /* UUIDs of such boards, from which systemd makes machine-ids too: counted up by the firmware's template in both
       orders of bytes, or those of lists of doubles. */
    {NULL, "03000200040005000006000700080009", false},
    {NULL, "00020003000400050006000700080009", false},
    {NULL, "01010101010101010101010101010101", false},
    {NULL, "123456781234567890abcddeefaabbcc", false},
    {NULL, "fefefefefefefefefefefefefefefefe", false},
    /* QEMU: addresses of cards and serials of disks where the command line gives none. */
    {"net", "525400123456", false},
    {"net", "525400123457", false},
    {"net", "525400123458", false},
    {"disk", "qm", true},
    {"disk", "t10ataqemuharddiskqm", true},
    /* systemd: an image that has not started yet. */
    {"os", "uninitialized", false},
};

/* Letters and digits of `value` in lower case, and what is not ASCII as it is. */
static void plain_form(const char *value, char ret_plain[static SOURCE_VALUE_SIZE])
{
    size_t size = 0;
    for (; *value != 0 && size < SOURCE_VALUE_SIZE - 1; value++)
        if (ascii_is_alphanumeric(*value) || (unsigned char)*value > 0x7f)
            ret_plain[size++] = ascii_lower(*value);
    ret_plain[size] = 0;
}

/* Nothing at all, too. */
static bool is_all_zeros_or_ones(const char *plain)
{
    return plain[strspn(plain, "0")] == 0 || plain[strspn(plain, "f")] == 0;
}

static bool is_known_as(const struct known_value *known, const char *kind, const char *plain)
{
    const size_t size = strlen(known->text);
    if ((known->kind != NULL && strcmp(known->kind, kind) != 0) || strncmp(plain, known->text, size) != 0)
        return false;
    const char *rest = plain + size;
    return known->then_digits ? rest[0] != 0 && rest[strspn(rest, "0123456789")] == 0 : rest[0] == 0;
}

bool value_is_known_to_repeat(const char *kind, const char *value)
{
    char plain[SOURCE_VALUE_SIZE];
    plain_form(value, plain);
    if (is_all_zeros_or_ones(plain))
        return true;
    for (size_t i = 0; i < sizeof known_values / sizeof *known_values; i++)
        if (is_known_as(&known_values[i], kind, plain))
            return true;
    return false;
}
