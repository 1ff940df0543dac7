/* What identifies the hardware that this process runs on. Each operating system has a sibling file. */
#ifndef CLIENT_MACHINE_HARDWARE_H
#define CLIENT_MACHINE_HARDWARE_H

#include "machine/sources.h"

/* Reads the sources below `root` ("" for the system's own; tests bring a tree). What cannot be read is left out. */
void hardware_read(const char *root, struct hardware_sources *ret_sources);

#endif
