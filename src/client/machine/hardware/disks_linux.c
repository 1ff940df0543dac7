/* Disks of a Linux machine. */
#include "disks.h"

#include <string.h>

#define DISKS "/sys/block"

/* Loop devices and memory disks have no device behind them, disks that can be pulled out are not the machine's. */
static enum source_use connection_of(const struct tree *tree, const char *name)
{
    char line[SOURCE_VALUE_SIZE];
    if (!tree_has(tree, DISKS "/%s/device", name))
        return SOURCE_VIRTUAL;
    (void)tree_line(tree, line, DISKS "/%s/removable", name);
    if (strcmp(line, "1") == 0)
        return SOURCE_PLUGGED;
    (void)tree_line(tree, line, DISKS "/%s/device/type", name);
    if (strcmp(line, "sd") == 0) /* a card; what is soldered in says MMC, and a disk of SCSI a number */
        return SOURCE_PLUGGED;
    return tree_connection(tree, DISKS "/%s/device", name);
}

/* Of NVMe and MMC, of virtio, of SCSI and SATA: the first that does not repeat. */
static void read_serial(const struct tree *tree, const char *name, char ret_serial[static SOURCE_VALUE_SIZE])
{
    static const char *const files[] = {"device/serial", "serial", "device/wwid"};
    char repeating[SOURCE_VALUE_SIZE] = "";
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        (void)tree_line(tree, ret_serial, DISKS "/%s/%s", name, files[i]);
        if (!value_is_known_to_repeat("disk", ret_serial))
            return;
        if (ret_serial[0] != 0)
            memcpy(repeating, ret_serial, sizeof repeating);
    }
    memcpy(ret_serial, repeating, sizeof repeating);
}

static RESULT look_at_disk(void *context, const char *name)
{
    const struct tree *const tree = context;
    char serial[SOURCE_VALUE_SIZE];
    read_serial(tree, name, serial);
    tree_show(tree, "disk", name, serial, connection_of(tree, name));
    return RESULT_OK;
}

void disks_look(const struct tree *tree)
{
    tree_each(tree, DISKS, look_at_disk);
}
