/* The environment of a POSIX process; see environment.h. */
#include "environment.h"

#include <stdlib.h>

const char *environment_value(const char *name)
{
    return secure_getenv(name);
}
