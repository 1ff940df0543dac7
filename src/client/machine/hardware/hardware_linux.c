/*
 * Hardware of a Linux machine.
 *
 *   board  serial number of the main board          (readable by root alone)
 *   disk   serial number or WWID of a built-in disk
 *   net    address of a built-in network card
 *   os     /etc/machine-id: of the installation, not the hardware; tells apart clones that were given new ones
 *   uuid   of the machine or virtual machine         (readable by root alone)
 *
 * Names of models are left out on purpose: two of them would make every machine of a delivery the same. Values that
 * are known to repeat (known_values.c) count for nothing, nor does what hangs on USB or Thunderbolt.
 */
#include "machine/hardware/hardware.h"

#include "cards.h"
#include "disks.h"

/* One that is there and that this user may not read is shown as such. */
static void look_at_file(const struct tree *tree, const char *kind, const char *path)
{
    char value[SOURCE_VALUE_SIZE];
    if (!tree_has(tree, "%s", path))
        return;
    const bool readable = tree_line(tree, value, "%s", path);
    tree_show(tree, kind, path, value, readable ? SOURCE_USED : SOURCE_UNREADABLE);
}

void hardware_look(const char *root, source_watcher *each, void *context)
{
    const struct tree tree = {.root = root, .each = each, .context = context};
    look_at_file(&tree, "board", "/sys/class/dmi/id/board_serial");
    look_at_file(&tree, "uuid", "/sys/class/dmi/id/product_uuid");
    look_at_file(&tree, "os", "/etc/machine-id");
    cards_look(&tree);
    disks_look(&tree);
}

void hardware_read(const char *root, struct hardware_sources *ret_sources)
{
    struct hardware_sources sources = {0};
    hardware_look(root, hardware_sources_take, &sources);
    *ret_sources = sources;
}
