/* What identifies the hardware that this process runs on. Each operating system has a sibling file. */
#ifndef CLIENT_MACHINE_HARDWARE_HARDWARE_H
#define CLIENT_MACHINE_HARDWARE_HARDWARE_H

#include "machine/hardware/sources.h"

/* Shows all that could identify it, with what it counts for, below `root` ("" for the system's own; tests bring a
 * tree). What is not there is not shown. What is shown is borrowed for the call. */
void hardware_look(const char *root, source_watcher *each, void *context);
/* The sources among them that are used. */
void hardware_read(const char *root, struct hardware_sources *ret_sources);

#endif
