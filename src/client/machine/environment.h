/* What surrounds this process. Each operating system has a sibling file. */
#ifndef CLIENT_MACHINE_ENVIRONMENT_H
#define CLIENT_MACHINE_ENVIRONMENT_H

#include <stdbool.h>
#include <stddef.h>

/* The value of that variable, "" included; NULL where it is not set, and where this process has rights that whoever
 * started it, and set the variable, has not. Borrowed until the environment is changed. Not safe beside a thread that
 * changes it. */
const char *environment_value(const char *name);
/* The name that the system goes by, whatever it is; false where it has none or it does not fit. */
bool environment_host_name(char *ret_name, size_t size);

#endif
