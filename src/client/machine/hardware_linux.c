/*
 * Hardware of a Linux machine.
 *
 *   board  serial number of the main board          (readable by root alone)
 *   disk   serial number of the first physical disk, by name
 *   net    address of the first built-in network card, by name
 *   os     /etc/machine-id: of the installation, not the hardware; tells apart clones that were given new ones
 *   uuid   of the machine or virtual machine         (readable by root alone)
 *
 * Names of models are left out on purpose: two of them would make every machine of a delivery the same. Values that
 * are known to repeat (known_values.c) and cards on USB count for nothing.
 */
#include "hardware.h"
#include "system/files.h"

#include <stdio.h>
#include <string.h>

/* A small file's first line, without space at its ends, in lower case; "" where there is none. False where there is one
 * that cannot be read. */
static bool read_line(const char *root, const char *path, char ret_line[static SOURCE_VALUE_SIZE])
{
    char full[PATH_SIZE];
    CLEANUP_BUFFER struct buffer text = buffer_make(PATH_SIZE);
    ret_line[0] = 0;
    const int length = snprintf(full, sizeof full, "%s%s", root, path);
    if (length < 0 || length >= PATH_SIZE)
        return true;
    const struct result read = file_read(full, &text, NULL);
    if (!is_ok(read))
        return result_code(read) != ERR_FILE_READ || !file_exists(full);
    const char *line = buffer_text(&text);
    line += strspn(line, " \t");
    size_t size = strcspn(line, "\n");
    while (size > 0 && ascii_is_space(line[size - 1]))
        size--;
    if (size >= SOURCE_VALUE_SIZE)
        return true;
    for (size_t i = 0; i < size; i++)
        ret_line[i] = ascii_lower(line[i]);
    ret_line[size] = 0;
    return true;
}

static void add(struct hardware_sources *sources, const char *kind, const char *value)
{
    if (!value_is_known_to_repeat(kind, value))
        result_ignore(hardware_sources_add(sources, kind, value));
}

/* One that is there and that this user may not read is written down as such. */
static void add_file(struct hardware_sources *sources, const char *root, const char *kind, const char *path)
{
    char value[SOURCE_VALUE_SIZE];
    if (read_line(root, path, value))
        add(sources, kind, value);
    else if (sources->unreadable_count < HARDWARE_MAX)
        snprintf(sources->unreadable[sources->unreadable_count++], HARDWARE_KIND_SIZE, "%s", kind);
}

struct search {
    const char *root;
    const char *folder;
    const char *kind;
    char found[SOURCE_VALUE_SIZE];
};

static bool has(const struct search *search, const char *name, const char *file)
{
    char path[PATH_SIZE];
    const int length = snprintf(path, sizeof path, "%s%s/%s/%s", search->root, search->folder, name, file);
    return length > 0 && length < PATH_SIZE && file_exists(path);
}

static void read_of(struct search *search, const char *name, const char *file)
{
    char path[PATH_SIZE];
    const int length = snprintf(path, sizeof path, "%s/%s/%s", search->folder, name, file);
    if (length > 0 && length < PATH_SIZE)
        (void)read_line(search->root, path, search->found);
    if (value_is_known_to_repeat(search->kind, search->found))
        search->found[0] = 0;
}

/* Bridges, tunnels and the like have no device behind them. The card of a dock or an adapter is an interface of USB,
 * and goes to the next machine tomorrow. */
static RESULT look_at_card(void *context, const char *name)
{
    struct search *search = context;
    if (search->found[0] == 0 && has(search, name, "device") && !has(search, name, "device/bInterfaceNumber"))
        read_of(search, name, "address");
    return RESULT_OK;
}

/* Loop devices and memory disks have no device behind them, disks that can be pulled out are not the machine's. */
static RESULT look_at_disk(void *context, const char *name)
{
    struct search *search = context;
    if (search->found[0] != 0 || !has(search, name, "device"))
        return RESULT_OK;
    read_of(search, name, "removable");
    const bool removable = strcmp(search->found, "1") == 0;
    search->found[0] = 0;
    if (removable)
        return RESULT_OK;
    read_of(search, name, "device/serial"); /* NVMe */
    if (search->found[0] == 0)
        read_of(search, name, "serial"); /* virtio */
    if (search->found[0] == 0)
        read_of(search, name, "device/wwid"); /* SCSI and SATA */
    return RESULT_OK;
}

void hardware_read(const char *root, struct hardware_sources *ret_sources)
{
    struct hardware_sources sources = {0};
    char folder[PATH_SIZE];
    add_file(&sources, root, "board", "/sys/class/dmi/id/board_serial");
    add_file(&sources, root, "uuid", "/sys/class/dmi/id/product_uuid");
    add_file(&sources, root, "os", "/etc/machine-id");

    struct search cards = {.root = root, .folder = "/sys/class/net", .kind = "net"};
    snprintf(folder, sizeof folder, "%s%s", root, cards.folder);
    result_ignore(folder_list(folder, look_at_card, &cards, NULL));
    add(&sources, "net", cards.found);

    struct search disks = {.root = root, .folder = "/sys/block", .kind = "disk"};
    snprintf(folder, sizeof folder, "%s%s", root, disks.folder);
    result_ignore(folder_list(folder, look_at_disk, &disks, NULL));
    add(&sources, "disk", disks.found);
    *ret_sources = sources;
}
