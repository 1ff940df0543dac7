/*
 * Network cards of a Linux machine.
 *
 * The address that counts is the one that the card's maker, or that of the virtual machine, gave it. The kernel says in
 * addr_assign_type where an address is from (0: the card); an address of those that are for everybody to give out (the
 * bit 02 of the first byte) counts where it says so, as it does in QEMU, Xen and EC2, and else never.
 */
#include "cards.h"

#include <string.h>

#define CARDS "/sys/class/net"

static bool is_local(const char *address)
{
    return address[0] != 0 && address[1] != 0 && strchr("2367abef", address[1]) != NULL;
}

/* A card that is part of a bond has the bond's address, and one of wireless may have any. */
static enum source_use read_address(const struct tree *tree, const char *name,
                                    char ret_address[static SOURCE_VALUE_SIZE])
{
    char type[SOURCE_VALUE_SIZE];
    (void)tree_line(tree, ret_address, CARDS "/%s/phy80211/macaddress", name);
    if (ret_address[0] == 0)
        (void)tree_line(tree, ret_address, CARDS "/%s/bonding_slave/perm_hwaddr", name);
    if (ret_address[0] != 0)
        return SOURCE_USED;
    (void)tree_line(tree, ret_address, CARDS "/%s/address", name);
    (void)tree_line(tree, type, CARDS "/%s/addr_assign_type", name);
    const bool own = type[0] != 0 ? strcmp(type, "0") == 0 : !is_local(ret_address);
    return own ? SOURCE_USED : SOURCE_ASSIGNED;
}

/* Bridges, bonds, tunnels and the like have no device behind them, and a virtual function only a part of one. */
static enum source_use connection_of(const struct tree *tree, const char *name)
{
    if (!tree_has(tree, CARDS "/%s/device", name) || tree_has(tree, CARDS "/%s/device/physfn", name))
        return SOURCE_VIRTUAL;
    if (tree_has(tree, CARDS "/%s/device/bInterfaceNumber", name)) /* an interface of USB */
        return SOURCE_PLUGGED;
    return tree_connection(tree, CARDS "/%s/device", name);
}

static RESULT look_at_card(void *context, const char *name)
{
    const struct tree *const tree = context;
    char address[SOURCE_VALUE_SIZE];
    const enum source_use given = read_address(tree, name, address);
    const enum source_use connected = connection_of(tree, name);
    tree_show(tree, "net", name, address, connected != SOURCE_USED ? connected : given);
    return RESULT_OK;
}

void cards_look(const struct tree *tree)
{
    tree_each(tree, CARDS, look_at_card);
}
