/* What identifies a machine, and what does not, in trees as Linux shows them. */
#include "machine/hardware/hardware.h"

#include "base/secret.h"
#include "machine/identity.h"
#include "system/files.h"
#include "temporary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define PCI "/sys/devices/pci0000:00/"

static int make_root(void **state)
{
    static char root[TEMPORARY_SIZE];
    *state = root;
    return temporary_folder(root, "usb1-hardware") ? 0 : -1; /* the root's own name says nothing */
}

static int remove_root(void **state)
{
    return temporary_remove(*state) ? 0 : -1;
}

static void put(const char *root, const char *path, const char *content)
{
    char full[PATH_SIZE];
    char folder[PATH_SIZE];
    snprintf(full, sizeof full, "%s%s", root, path);
    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(full, '/') - full), full);
    assert_true(is_ok(folder_make(folder, 0700, NULL)));
    assert_true(is_ok(file_write(full, slice_of(content), 0600, NULL)));
}

/* What stands in the tree as the link that it is in Linux. */
static void put_link(const char *root, const char *path, const char *target)
{
    char full[PATH_SIZE];
    char folder[PATH_SIZE];
    char there[PATH_SIZE];
    snprintf(full, sizeof full, "%s%s", root, path);
    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(full, '/') - full), full);
    snprintf(there, sizeof there, "%s%s", root, target);
    assert_true(is_ok(folder_make(folder, 0700, NULL)));
    assert_true(is_ok(folder_make(there, 0700, NULL)));
    assert_int_equal(symlink(there, full), 0);
}

static void put_card(const char *root, const char *name, const char *device, const char *address)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/net/%s/address", device, name);
    put(root, path, address);
    snprintf(path, sizeof path, "%s/net/%s/addr_assign_type", device, name);
    put(root, path, "0\n");
    snprintf(path, sizeof path, "%s/net/%s/device", device, name);
    put_link(root, path, device);
    snprintf(path, sizeof path, "/sys/class/net/%s", name);
    char target[PATH_SIZE];
    snprintf(target, sizeof target, "%s/net/%s", device, name);
    put_link(root, path, target);
}

static void put_disk(const char *root, const char *name, const char *device, const char *wwid)
{
    char path[PATH_SIZE];
    char target[TEMPORARY_SIZE];
    snprintf(path, sizeof path, "%s/wwid", device);
    put(root, path, wwid);
    snprintf(target, sizeof target, "%s/block/%s", device, name);
    snprintf(path, sizeof path, "%s/removable", target);
    put(root, path, "0\n");
    snprintf(path, sizeof path, "%s/device", target);
    put_link(root, path, device);
    snprintf(path, sizeof path, "/sys/block/%s", name);
    put_link(root, path, target);
}

/* What a source that was seen there counts for; -1: it was not. */
struct search {
    const char *place;
    int use;
};

static void compare(void *context, const struct source_seen *seen)
{
    struct search *const search = context;
    if (strcmp(seen->place, search->place) == 0)
        search->use = (int)seen->use;
}

static int use_of(const char *root, const char *place)
{
    struct search search = {place, -1};
    hardware_look(root, compare, &search);
    return search.use;
}

static void assert_source(const char *root, const char *kind, const char *value)
{
    struct hardware_sources sources;
    hardware_read(root, &sources);
    if (!hardware_sources_have(&sources, kind, value))
        fail_msg("no %s %s", kind, value);
}

static void what_hangs_on_usb_or_thunderbolt_is_not_the_machines(void **state)
{
    const char *const root = *state;
    put(root, PCI "0000:00:07.0/0000:03:00.0/removable", "removable\n"); /* a dock behind a port of Thunderbolt */
    put(root, PCI "0000:00:1f.6/removable", "fixed\n");
    put_card(root, "eth0", PCI "0000:00:07.0/0000:03:00.0/0000:04:02.0", "00:1c:42:00:00:01\n");
    put_card(root, "enx1", PCI "0000:00:14.0/usb2/2-1/2-1:1.0", "00:1c:42:00:00:02\n");
    put_card(root, "enp0s31f6", PCI "0000:00:1f.6", "3c:58:c2:00:00:03\n");
    put_disk(root, "sda", PCI "0000:00:14.0/usb2/2-2/2-2:1.0/host4/target4:0:0/4:0:0:0", "naa.5000000000000001\n");
    put_disk(root, "nvme1n1", PCI "0000:00:07.0/0000:03:00.0/0000:05:00.0/nvme/nvme1", "eui.0000000000000002\n");
    put_disk(root, "nvme0n1", PCI "0000:00:1d.0/0000:02:00.0/nvme/nvme0", "eui.0025385b71b0f5a3\n");
    assert_int_equal(use_of(root, "eth0"), SOURCE_PLUGGED);
    assert_int_equal(use_of(root, "enx1"), SOURCE_PLUGGED);
    assert_int_equal(use_of(root, "enp0s31f6"), SOURCE_USED);
    assert_int_equal(use_of(root, "sda"), SOURCE_PLUGGED);
    assert_int_equal(use_of(root, "nvme1n1"), SOURCE_PLUGGED);
    assert_int_equal(use_of(root, "nvme0n1"), SOURCE_USED);
    assert_source(root, "net", "3c:58:c2:00:00:03");
    assert_source(root, "disk", "eui.0025385b71b0f5a3");
}

static void what_software_alone_makes_is_not_the_machines(void **state)
{
    const char *const root = *state;
    put(root, "/sys/class/net/bond0/address", "3c:58:c2:00:00:01\n");
    put(root, "/sys/class/net/br0/address", "3c:58:c2:00:00:01\n");
    put(root, "/sys/class/net/veth1234567/address", "02:42:00:00:00:01\n");
    put(root, "/sys/class/net/eth0v0/device/physfn/vendor", "0x8086\n");
    put(root, "/sys/class/net/eth0v0/address", "3c:58:c2:00:00:09\n");
    put(root, "/sys/block/dm-0/size", "1000\n");
    put(root, "/sys/block/md0/size", "1000\n");
    static const char *const places[] = {"bond0", "br0", "veth1234567", "eth0v0", "dm-0", "md0"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        assert_int_equal(use_of(root, places[i]), SOURCE_VIRTUAL);
}

static void a_card_of_a_bond_and_one_of_wireless_have_the_address_of_their_maker(void **state)
{
    const char *const root = *state;
    put_card(root, "eth0", PCI "0000:00:1f.6", "3c:58:c2:00:00:99\n");
    put(root, "/sys/class/net/eth0/addr_assign_type", "3\n");
    assert_int_equal(use_of(root, "eth0"), SOURCE_ASSIGNED);
    put(root, "/sys/class/net/eth0/bonding_slave/perm_hwaddr", "3c:58:c2:00:00:01\n");
    assert_source(root, "net", "3c:58:c2:00:00:01");
    put_card(root, "wlp2s0", PCI "0000:02:00.0", "fa:11:22:33:44:55\n");
    put(root, "/sys/class/net/wlp2s0/addr_assign_type", "3\n");
    assert_int_equal(use_of(root, "wlp2s0"), SOURCE_ASSIGNED);
    put(root, "/sys/class/net/wlp2s0/phy80211/macaddress", "3c:00:00:00:00:02\n");
    assert_source(root, "net", "3c:00:00:00:00:02"); /* which is the smaller one */
}

/* Those of QEMU and EC2 are of that kind, and are the machine's: the kernel has them from the card. */
static void an_address_that_anybody_may_give_out_counts_where_the_card_has_it(void **state)
{
    const char *const root = *state;
    static const struct {
        const char *type;
        const char *address;
        int use;
    } rows[] = {
        {"0\n", "52:54:00:a1:b2:c3\n", SOURCE_USED},     {"", "52:54:00:a1:b2:c3\n", SOURCE_ASSIGNED},
        {"1\n", "3c:58:c2:00:00:01\n", SOURCE_ASSIGNED}, {"", "3c:58:c2:00:00:01\n", SOURCE_USED},
        {"0\n", "00:00:00:00:00:00\n", SOURCE_REPEATS},  {"0\n", "\n", SOURCE_EMPTY},
    };
    put_card(root, "eth0", PCI "0000:00:03.0/virtio0", "");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        put(root, "/sys/class/net/eth0/addr_assign_type", rows[i].type);
        put(root, "/sys/class/net/eth0/address", rows[i].address);
        if (use_of(root, "eth0") != rows[i].use)
            fail_msg("%s %s", rows[i].type, rows[i].address);
    }
}

static void disks_that_are_pulled_out_or_shared_are_not_the_machines(void **state)
{
    const char *const root = *state;
    put_disk(root, "sda", PCI "0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0", "naa.5000c50000000001\n");
    put(root, "/sys/block/sda/removable", "1\n");
    put_disk(root, "mmcblk0", "/sys/devices/platform/mmc0/mmc0:aaaa", "");
    put(root, "/sys/block/mmcblk0/device/serial", "0x1234abcd\n");
    put(root, "/sys/block/mmcblk0/device/type", "SD\n");
    put_disk(root, "sdb", "/sys/devices/platform/host2/session1/target2:0:0/2:0:0:1", "naa.6000000000000001\n");
    put_disk(root, "sdc", PCI "0000:00:03.0/host7/rport-7:0-2/target7:0:0/7:0:0:0", "naa.6000000000000002\n");
    put_disk(root, "nvme2n1", "/sys/devices/virtual/nvme-fabrics/ctl/nvme2", "eui.6000000000000003\n");
    put_disk(root, "mmcblk1", "/sys/devices/platform/mmc1/mmc1:0001", "");
    put(root, "/sys/block/mmcblk1/device/serial", "0x00000001\n");
    put(root, "/sys/block/mmcblk1/device/type", "MMC\n");
    assert_int_equal(use_of(root, "sda"), SOURCE_PLUGGED);
    assert_int_equal(use_of(root, "mmcblk0"), SOURCE_PLUGGED);
    assert_int_equal(use_of(root, "sdb"), SOURCE_SHARED);
    assert_int_equal(use_of(root, "sdc"), SOURCE_SHARED);
    assert_int_equal(use_of(root, "nvme2n1"), SOURCE_SHARED);
    assert_int_equal(use_of(root, "mmcblk1"), SOURCE_USED);
}

static void the_order_in_which_devices_are_found_makes_no_difference(void **state)
{
    const char *const root = *state;
    struct hardware_sources one;
    struct hardware_sources other;
    put(root, "/sys/block/sda/device/wwid", "naa.5000c50000000001\n");
    put(root, "/sys/block/sdb/device/wwid", "naa.5000c50000000002\n");
    put(root, "/sys/class/net/eth0/device/vendor", "0x8086\n");
    put(root, "/sys/class/net/eth1/device/vendor", "0x8086\n");
    put(root, "/sys/class/net/eth0/address", "3c:58:c2:00:00:01\n");
    put(root, "/sys/class/net/eth1/address", "3c:58:c2:00:00:02\n");
    hardware_read(root, &one);
    put(root, "/sys/block/sda/device/wwid", "naa.5000c50000000002\n");
    put(root, "/sys/block/sdb/device/wwid", "naa.5000c50000000001\n");
    put(root, "/sys/class/net/eth0/address", "3c:58:c2:00:00:02\n");
    put(root, "/sys/class/net/eth1/address", "3c:58:c2:00:00:01\n");
    hardware_read(root, &other);
    assert_true(one.count > 0);
    assert_memory_equal(&one, &other, sizeof one);
}

/* Three disks, of which any two may go and come; cards likewise. */
static void a_machine_that_loses_a_disk_or_a_card_is_still_the_one(void **state)
{
    const char *const root = *state;
    static const uint8_t salt[SALT_SIZE] = {1};
    struct hardware_sources sources;
    struct hardware then;
    struct hardware now;
    put(root, "/etc/machine-id", "5bd1e8c9a0b14f5f8d1f0d3c5a7e9b11\n");
    put(root, "/sys/block/sda/device/wwid", "naa.5000c50000000001\n");
    put(root, "/sys/block/sdb/device/wwid", "naa.5000c50000000002\n");
    hardware_read(root, &sources);
    hardware_digest(&sources, salt, &then);
    assert_int_equal(then.count, 3);
    assert_int_equal(hardware_kind_count(&then), 2);
    for (int lost = 1; lost <= 2; lost++) {
        put(root, "/sys/block/sda/device/wwid", lost == 1 ? "\n" : "naa.5000c50000000001\n");
        put(root, "/sys/block/sdb/device/wwid", lost == 2 ? "\n" : "naa.5000c50000000002\n");
        put(root, "/sys/block/sdc/device/wwid", "naa.5000c50000000000\n"); /* which stands before the others */
        hardware_read(root, &sources);
        hardware_digest(&sources, salt, &now);
        assert_true(hardware_matches(&then, &now));
    }
    put(root, "/sys/block/sda/device/wwid", "naa.5000c50000000009\n");
    hardware_read(root, &sources);
    hardware_digest(&sources, salt, &now);
    assert_false(hardware_matches(&then, &now));
}

/* So many of a kind are taken as have room, the smallest. */
static void of_many_disks_and_cards_some_are_taken(void **state)
{
    const char *const root = *state;
    struct hardware_sources sources;
    char path[PATH_SIZE];
    char value[32];
    put(root, "/sys/class/dmi/id/board_serial", "bs-1\n");
    put(root, "/sys/class/dmi/id/product_uuid", "4C4C4544-0051\n");
    put(root, "/etc/machine-id", "3d1219c7\n");
    for (int i = 0; i < 9; i++) {
        snprintf(path, sizeof path, "/sys/block/sd%c/device/wwid", 'a' + i);
        snprintf(value, sizeof value, "naa.5000c5000000000%d\n", (i + 5) % 9);
        put(root, path, value);
        snprintf(path, sizeof path, "/sys/class/net/eth%d/device/vendor", i);
        put(root, path, "0x8086\n");
        snprintf(path, sizeof path, "/sys/class/net/eth%d/address", i);
        snprintf(value, sizeof value, "3c:58:c2:00:00:0%d\n", (i + 5) % 9);
        put(root, path, value);
    }
    put(root, "/sys/block/sdz/device/wwid", "naa.5000c50000000000\n"); /* by a second path */
    hardware_read(root, &sources);
    assert_int_equal(sources.count, 3 + DISKS_TAKEN + CARDS_TAKEN);
    assert_source(root, "disk", "naa.5000c50000000000");
    assert_source(root, "disk", "naa.5000c50000000001");
    assert_source(root, "disk", "naa.5000c50000000002");
    assert_source(root, "net", "3c:58:c2:00:00:00");
    assert_source(root, "net", "3c:58:c2:00:00:01");
    assert_source(root, "uuid", "4c4c4544-0051");
}

static const char *value_of(const struct hardware_sources *sources, const char *kind)
{
    for (size_t i = 0; i < sources->count; i++)
        if (strcmp(sources->sources[i].kind, kind) == 0)
            return sources->sources[i].value;
    return "";
}

/* One line of a small file: its first, without space around it, in lower case, of at most 255 bytes. */
static void a_value_of_the_system_is_the_first_line_of_its_file(void **state)
{
    const char *const root = *state;
    char longest[SOURCE_VALUE_SIZE + 1];
    memset(longest, 'm', sizeof longest);
    longest[0] = 'l';
    longest[SOURCE_VALUE_SIZE] = 0;
    static const struct {
        const char *content;
        const char *value;
    } rows[] = {
        {" \tAbC 1 \r\nsecond\n", "abc 1"},
        {"no newline", "no newline"},
        {"", ""},
        {" \t \n", ""},
        {"00000000-0000-0000-0000-000000000000\n", ""},
        {"FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF\n", ""},
        {"f0\n", "f0"},
        {"\r\n", ""},
        {"x\r\n", "x"},
        {"None\n", ""},
        {"03000200-0400-0500-0006-000700080009\n", ""},
        {"Default string\n", ""},
        {"none of these\n", "none of these"},
    };
    struct hardware_sources sources;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        put(root, "/etc/machine-id", rows[i].content);
        hardware_read(root, &sources);
        assert_string_equal(value_of(&sources, "os"), rows[i].value);
    }
    put(root, "/etc/machine-id", longest);
    hardware_read(root, &sources);
    assert_int_equal(sources.count, 0);
    assert_int_equal(sources.unreadable_count, 0);
    longest[SOURCE_VALUE_SIZE - 1] = 0;
    put(root, "/etc/machine-id", longest);
    hardware_read(root, &sources);
    assert_string_equal(value_of(&sources, "os"), longest);
}

/* However they are spelled, and each where it is known: C10 of the findings. */
static void values_known_to_repeat_count_for_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *kind;
        const char *value;
        bool repeats;
    } rows[] = {
        {"board", "", true},
        {"board", " - ", true},
        {"board", "0123456789", true},
        {"board", "01234-56789", true},
        {"board", "01234567890", false},
        {"board", "Not Available", true},
        {"board", "NOT_AVAILABLE", true},
        {"board", "INVALID", true},
        {"board", "INVALID7", false},
        {"board", "To Be Filled By O.E.M.", true},
        {"board", "00:00:00", true},
        {"uuid", "00020003-0004-0005-0006-000700080009", true},
        {"uuid", "{00020003-0004-0005-0006-000700080009}", true},
        {"uuid", "00020003-0004-0005-0006-000700080008", false},
        {"uuid", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", true},
        {"net", "52:54:00:12:34:56", true},
        {"net", "52-54-00-12-34-56", true},
        {"net", "52:54:00:12:34:59", false},
        {"board", "52:54:00:12:34:56", false},
        {"disk", "QM00001", true},
        {"disk", "qm00013", true},
        {"disk", "QM", false},
        {"disk", "QM0000A", false},
        {"disk", "t10.ATA     QEMU HARDDISK                           QM00001             ", true},
        {"os", "uninitialized", true},
        {"board", "XXXXXXXXXXXX", true},
        {"board", "..1111-1111..", true},
        {"board", "1112", false},
        {"uuid", "4C4C4544-0000-2010-8020-80A04F202020", true},
        {"uuid", "4C4C4544-0051-3010-8058-B4C04F4D4232", false},
        {"uuid", "33221100-5544-7766-8899-aabbccddeeff", true},
        {"net", "00:11:22:33:44:55", true},
        {"net", "06:00:ac:10:00:02", true},
        {"disk", "drive-scsi0", true},
        {"disk", "0QEMU    QEMU HARDDISK   drive-scsi0-0-0-0", true},
        {"disk", "drive-scsi", false},
        {"disk", "nvme_card", true},
        {"disk", "nvme_card-pd", true},
        {"disk", "persistent-disk-0", true},
        {"disk", "VMWare NVME_0000", true},
        {"disk", "VB1234-56789", true},
        {"disk", "VB1234-5678a", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (value_is_known_to_repeat(rows[i].kind, rows[i].value) != rows[i].repeats)
            fail_msg("%s %s", rows[i].kind, rows[i].value);
    assert_non_null(strstr(value_repeats_at("disk", "QM00001"), "QEMU"));
    assert_null(value_repeats_at("disk", "naa.5000c50000000001"));
}

/* C6 of the findings: machine-id and the default disk are equal, and nothing of it makes them one machine. */
static void clones_in_qemu_are_two_machines(void **state)
{
    const char *const root = *state;
    static const uint8_t salt[SALT_SIZE] = {1};
    struct hardware_sources sources;
    struct hardware first;
    struct hardware second;
    put(root, "/etc/machine-id", "5bd1e8c9a0b14f5f8d1f0d3c5a7e9b11\n");
    put(root, "/sys/block/sda/device/wwid", "t10.ATA     QEMU HARDDISK   QM00001\n");
    put(root, "/sys/class/net/eth0/device/vendor", "0x1af4\n");
    put(root, "/sys/class/net/eth0/addr_assign_type", "0\n");
    put(root, "/sys/class/net/eth0/address", "52:54:00:a1:b2:c3\n");
    put(root, "/sys/class/dmi/id/product_uuid", "6f9d1c52-0c4e-4f0e-9d5d-1f6b7a8c9d01\n");
    hardware_read(root, &sources);
    hardware_digest(&sources, salt, &first);
    put(root, "/sys/class/net/eth0/address", "52:54:00:a1:b2:c4\n");
    put(root, "/sys/class/dmi/id/product_uuid", "6f9d1c52-0c4e-4f0e-9d5d-1f6b7a8c9d02\n");
    hardware_read(root, &sources);
    hardware_digest(&sources, salt, &second);
    assert_int_equal(first.count, 3);
    assert_false(hardware_matches(&first, &second));
}

/* C8 of the findings: the card in the dock sorts first, and is not the machine's. */
static void a_laptop_is_one_machine_in_its_dock_and_out_of_it(void **state)
{
    const char *const root = *state;
    struct hardware_sources sources;
    put(root, "/sys/class/net/wlan0/device/vendor", "0x8086\n");
    put(root, "/sys/class/net/wlan0/address", "3c:58:c2:00:00:01\n");
    hardware_read(root, &sources);
    assert_string_equal(value_of(&sources, "net"), "3c:58:c2:00:00:01");
    put(root, "/sys/class/net/enx1/device/bInterfaceNumber", "00\n");
    put(root, "/sys/class/net/enx1/address", "00:e0:4c:68:00:02\n");
    hardware_read(root, &sources);
    assert_string_equal(value_of(&sources, "net"), "3c:58:c2:00:00:01");
}

/* A path that does not fit is not cut down to that of another file. */
static void no_other_file_is_read_for_one_whose_path_is_too_long(void **state)
{
    const char *const root = *state;
    char long_root[PATH_SIZE];
    struct hardware_sources sources;
    put(root, "/etc/machine-id", "right\n");
    put(root, "/etc/machine-i", "wrong\n");
    for (size_t over = 0; over < 2; over++) {
        const size_t length = PATH_SIZE - 1 + over - strlen("/etc/machine-id");
        memset(long_root, '/', sizeof long_root);
        memcpy(long_root + length - strlen(root), root, strlen(root) + 1);
        hardware_read(long_root, &sources);
        assert_int_equal(sources.count, 1 - over);
        assert_int_equal(sources.unreadable_count, 0);
    }
}

/* The serial number stands elsewhere for each kind of disk; one that says nothing is looked for further. */
static void the_serial_number_of_a_disk_is_found_wherever_it_stands(void **state)
{
    const char *const root = *state;
    static const struct {
        const char *file;
        const char *value;
    } rows[] = {{"device/wwid", "w"}, {"serial", "v"}, {"device/serial", "n"}, {"device/serial", "none"}};
    static const char *const expected[] = {"w", "v", "n", "v"};
    struct hardware_sources sources;
    put(root, "/sys/block/vda/device/vendor", "0x1af4\n");
    hardware_read(root, &sources);
    assert_int_equal(sources.count, 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char path[64];
        snprintf(path, sizeof path, "/sys/block/vda/%s", rows[i].file);
        put(root, path, rows[i].value);
        hardware_read(root, &sources);
        assert_string_equal(value_of(&sources, "disk"), expected[i]);
    }
}

static void hardware_is_read_from_the_system_and_placeholders_are_left_out(void **state)
{
    const char *const root = *state;
    struct hardware_sources sources;
    put(root, "/sys/class/dmi/id/board_serial", "To Be Filled By O.E.M.\n");
    put(root, "/sys/class/dmi/id/product_uuid", "4C4C4544-0051\n");
    put(root, "/etc/machine-id", "3d1219c7\n");
    put(root, "/sys/class/net/docker0/address", "02:42:00:00:00:01\n");
    put(root, "/sys/class/net/eth1/address", "52:54:00:a1:34:57\n");
    put(root, "/sys/class/net/eth2/address", "52:54:00:a1:34:58\n");
    put(root, "/sys/class/net/eth2/device/vendor", "0x1af4\n");
    put(root, "/sys/class/net/eth1/addr_assign_type", "0\n");
    put(root, "/sys/class/net/eth2/addr_assign_type", "0\n");
    put(root, "/sys/class/net/tun0/address", "52:54:00:a1:34:59\n");
    put(root, "/sys/class/net/eth1/device/vendor", "0x1af4\n");
    put(root, "/sys/class/net/eth0/address", "00:00:00:00:00:00\n");
    put(root, "/sys/class/net/eth0/device/vendor", "0x1af4\n");
    put(root, "/sys/block/loop0/size", "0\n");
    put(root, "/sys/block/sda/device/wwid", "usb stick\n");
    put(root, "/sys/block/sda/removable", "1\n");
    put(root, "/sys/block/sdb/device/wwid", "naa.5000C500\n");
    put(root, "/sys/block/sdb/removable", "0\n");
    put(root, "/sys/block/sdc/device/wwid", "naa.5000C501\n");
    hardware_read(root, &sources);
    assert_int_equal(sources.count, 6); /* two cards and two disks */
    assert_string_equal(value_of(&sources, "uuid"), "4c4c4544-0051");
    assert_string_equal(value_of(&sources, "os"), "3d1219c7");
    assert_string_equal(value_of(&sources, "net"), "52:54:00:a1:34:57");
    assert_string_equal(value_of(&sources, "disk"), "naa.5000c500");
}

/* A folder in the place of a file is as little to be read as a file of somebody else's. */
static void what_is_there_and_cannot_be_read_is_told_from_what_is_not_there(void **state)
{
    const char *const root = *state;
    char path[PATH_SIZE];
    struct hardware_sources sources;
    struct hardware kinds;
    put(root, "/etc/machine-id", "0123abcd\n");
    snprintf(path, sizeof path, "%s/sys/class/dmi/id/product_uuid", root);
    assert_true(is_ok(folder_make(path, 0700, NULL)));
    hardware_read(root, &sources);
    assert_int_equal(sources.count, 1);
    assert_string_equal(value_of(&sources, "os"), "0123abcd");
    assert_int_equal(sources.unreadable_count, 1);
    hardware_unreadable(&sources, &kinds);
    assert_int_equal(kinds.count, 1);
    assert_string_equal(kinds.digests[0].kind, "uuid");
}

static int begin(void **state)
{
    (void)state;
    return is_ok(secret_start()) ? 0 : -1;
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, make_root, remove_root)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_hangs_on_usb_or_thunderbolt_is_not_the_machines),
        TEST(what_software_alone_makes_is_not_the_machines),
        TEST(a_card_of_a_bond_and_one_of_wireless_have_the_address_of_their_maker),
        TEST(an_address_that_anybody_may_give_out_counts_where_the_card_has_it),
        TEST(disks_that_are_pulled_out_or_shared_are_not_the_machines),
        TEST(a_machine_that_loses_a_disk_or_a_card_is_still_the_one),
        TEST(of_many_disks_and_cards_some_are_taken),
        TEST(the_order_in_which_devices_are_found_makes_no_difference),
        TEST(a_value_of_the_system_is_the_first_line_of_its_file),
        cmocka_unit_test(values_known_to_repeat_count_for_nothing),
        TEST(clones_in_qemu_are_two_machines),
        TEST(a_laptop_is_one_machine_in_its_dock_and_out_of_it),
        TEST(no_other_file_is_read_for_one_whose_path_is_too_long),
        TEST(the_serial_number_of_a_disk_is_found_wherever_it_stands),
        TEST(hardware_is_read_from_the_system_and_placeholders_are_left_out),
        TEST(what_is_there_and_cannot_be_read_is_told_from_what_is_not_there),
    };
    return cmocka_run_group_tests(tests, begin, NULL);
}
