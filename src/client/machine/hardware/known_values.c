/*
 * Values known to repeat; see sources.h. They are written as they are compared: letters and digits alone, in lower
 * case. ASCII by its bytes, so that a product's setlocale() changes nothing.
 */
#include "machine/hardware/sources.h"

#include "base/bytes.h"
#include "base/sentences.h"

#include <string.h>

/* The whole value, or its beginning with `digits` behind it. NULL for `kind`: of any. */
struct known_value {
    const char *kind;
    const char *text;
    bool then_digits;
    const char *seen; /* where */
};

#define UNFILLED      N_("firmware that nobody filled in")
#define TEMPLATE_AMI  N_("AMI's template of a firmware: boards and small computers of many makers")
#define TEMPLATE_ASUS N_("boards of Asus and others that were sold without a system")
#define COUNTED_UP    N_("boards of Supermicro and others that were sold without a system")
#define DELL          N_("computers of Dell whose board was changed and got no service tag")
#define PATTERN       N_("somebody's pattern in the place of a number")
#define BROADCOM      N_("wireless cards of Broadcom without an address of their own")
#define QEMU          N_("QEMU, where its command line says nothing else")
#define QEMU_SCSI     N_("QEMU as Proxmox and libvirt start it, which call disks by their places")
#define FIRECRACKER   N_("Firecracker, as its guide starts it")
#define VIRTUALBOX    N_("VirtualBox's disk of NVMe")
#define VMWARE        N_("VMware's disk of NVMe")
#define GOOGLE        N_("Google's cloud, which calls disks by their places")
#define NOT_STARTED   N_("an image of systemd that has not started yet")

static const struct known_value known_values[] = {
    {NULL, "none", false, UNFILLED},
    {NULL, "null", false, UNFILLED},
    {NULL, "unknown", false, UNFILLED},
    {NULL, "invalid", false, UNFILLED},
    {NULL, "empty", false, UNFILLED},
    {NULL, "na", false, UNFILLED},
    {NULL, "notavailable", false, UNFILLED},
    {NULL, "notspecified", false, UNFILLED},
    {NULL, "notapplicable", false, UNFILLED},
    {NULL, "notset", false, UNFILLED},
    {NULL, "default", false, UNFILLED},
    {NULL, "oem", false, UNFILLED},
    {NULL, "serial", false, UNFILLED},
    {NULL, "serialnumber", false, UNFILLED},
    {NULL, "defaultstring", false, TEMPLATE_AMI},
    {NULL, "tobefilledbyoem", false, TEMPLATE_AMI},
    {NULL, "filledbyoem", false, TEMPLATE_AMI},
    {NULL, "03000200040005000006000700080009", false, TEMPLATE_AMI},
    {NULL, "00020003000400050006000700080009", false, TEMPLATE_AMI},
    {NULL, "systemserialnumber", false, TEMPLATE_ASUS},
    {NULL, "baseboardserialnumber", false, TEMPLATE_ASUS},
    {NULL, "boardserialnumber", false, TEMPLATE_ASUS},
    {NULL, "chassisserialnumber", false, TEMPLATE_ASUS},
    {NULL, "0123456789", false, COUNTED_UP},
    {NULL, "123456789", false, COUNTED_UP},
    {NULL, "1234567890", false, COUNTED_UP},
    {NULL, "12345678", false, COUNTED_UP},
    {"uuid", "4c4c454400002010802080a04f202020", false, DELL},
    {"uuid", "44454c4c200010208020a0c04f202020", false, DELL},
    {NULL, "01010101010101010101010101010101", false, PATTERN},
    {NULL, "123456781234567890abcddeefaabbcc", false, PATTERN},
    {NULL, "fefefefefefefefefefefefefefefefe", false, PATTERN},
    {NULL, "00112233445566778899aabbccddeeff", false, PATTERN},
    {NULL, "33221100554477668899aabbccddeeff", false, PATTERN},
    {NULL, "deadbeef", false, PATTERN},
    {"net", "001122334455", false, PATTERN},
    {"net", "aabbccddeeff", false, PATTERN},
    {"net", "00904c112233", false, BROADCOM},
    {"net", "525400123456", false, QEMU},
    {"net", "525400123457", false, QEMU},
    {"net", "525400123458", false, QEMU},
    {"disk", "qm", true, QEMU},
    {"disk", "t10ataqemuharddiskqm", true, QEMU},
    {"disk", "drivescsi", true, QEMU_SCSI},
    {"disk", "0qemuqemuharddiskdrivescsi", true, QEMU_SCSI},
    {"disk", "t10qemuqemuharddiskdrivescsi", true, QEMU_SCSI},
    {"net", "02fc000000", true, FIRECRACKER},
    {"net", "0600ac1000", true, FIRECRACKER},
    {"disk", "vb123456789", false, VIRTUALBOX},
    {"disk", "vmwarenvme", true, VMWARE},
    {"disk", "nvmecard", false, GOOGLE},
    {"disk", "nvmecardpd", false, GOOGLE},
    {"disk", "nvmecard", true, GOOGLE},
    {"disk", "persistentdisk", true, GOOGLE},
    {"disk", "googlepersistentdiskpersistentdisk", true, GOOGLE},
    {"os", "uninitialized", false, NOT_STARTED},
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

/* All zeros or ones, nothing at all, too, or one character again and again. */
static bool is_monotonous(const char *plain)
{
    enum { TIMES = 4 };
    const char same[] = {plain[0], 0};
    const size_t size = strlen(plain);
    return size == strspn(plain, "0") || size == strspn(plain, "f") || (size >= TIMES && size == strspn(plain, same));
}

static bool is_known_as(const struct known_value *known, const char *kind, const char *plain)
{
    const size_t size = strlen(known->text);
    if ((known->kind != NULL && strcmp(known->kind, kind) != 0) || strncmp(plain, known->text, size) != 0)
        return false;
    const char *rest = plain + size;
    return known->then_digits ? rest[0] != 0 && rest[strspn(rest, "0123456789")] == 0 : rest[0] == 0;
}

const char *value_repeats_at(const char *kind, const char *value)
{
    char plain[SOURCE_VALUE_SIZE];
    plain_form(value, plain);
    if (is_monotonous(plain))
        return N_("one digit or letter alone");
    for (size_t i = 0; i < sizeof known_values / sizeof *known_values; i++)
        if (is_known_as(&known_values[i], kind, plain))
            return known_values[i].seen;
    return NULL;
}

bool value_is_known_to_repeat(const char *kind, const char *value)
{
    return value_repeats_at(kind, value) != NULL;
}
