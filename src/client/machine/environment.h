/* The environment of this process. Each operating system has a sibling file. */
#ifndef CLIENT_MACHINE_ENVIRONMENT_H
#define CLIENT_MACHINE_ENVIRONMENT_H

/* The value of that variable, "" included; NULL where it is not set, and where this process has rights that whoever
 * started it, and set the variable, has not. Borrowed until the environment is changed. Not safe beside a thread that
 * changes it. */
const char *environment_value(const char *name);

#endif
