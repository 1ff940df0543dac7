/* Where the state folder is on a POSIX system where nobody names it: /var/lib for root, else where the XDG base
 * directory specification keeps what a user's programs remember. */
#include "folder.h"
#include "machine/environment.h"

#include <unistd.h>

RESULT state_default_folder(char ret_path[static PATH_SIZE])
{
    if (geteuid() == 0)
        return path_join(ret_path, "/var/lib", "aval");
    const char *state_home = environment_value("XDG_STATE_HOME");
    if (state_home != NULL && state_home[0] == '/') /* a relative one is to be ignored, says its specification */
        return path_join(ret_path, state_home, "aval");
    const char *home = environment_value("HOME");
    ENSURE(home != NULL && home[0] == '/', USAGE);
    return path_join(ret_path, home, ".local/state/aval");
}
