/* Disks of the machine. Each operating system has a sibling file. */
#ifndef CLIENT_MACHINE_HARDWARE_DISKS_H
#define CLIENT_MACHINE_HARDWARE_DISKS_H

#include "tree.h"

/* Shows each disk. */
void disks_look(const struct tree *tree);

#endif
