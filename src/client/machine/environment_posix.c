/* What surrounds a POSIX process; see environment.h. */
#include "environment.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *environment_value(const char *name)
{
    return secure_getenv(name);
}

/* One that does not fit may come without its end. */
bool environment_host_name(char *ret_name, size_t size)
{
    return gethostname(ret_name, size) == 0 && memchr(ret_name, 0, size) != NULL && ret_name[0] != 0;
}
