/* Where the state folders are on a POSIX system where nobody names one: /var/lib for root and the whole machine, and
 * where the XDG base directory specification keeps what a user's programs remember. */
#include "place.h"

#include "environment.h"

#include <stdio.h>
#include <unistd.h>

static RESULT own_folder(char ret_path[static PATH_SIZE], bool *ret_found)
{
    const char *state_home = environment_value("XDG_STATE_HOME");
    const char *home = environment_value("HOME");
    *ret_found = true;
    if (state_home != NULL && state_home[0] == '/') /* a relative one is to be ignored, says its specification */
        return path_join(ret_path, state_home, "aval");
    if (home != NULL && home[0] == '/')
        return path_join(ret_path, home, ".local/state/aval");
    *ret_found = false;
    return RESULT_OK;
}

RESULT state_default_folders(char ret_own[static PATH_SIZE], char ret_system[static PATH_SIZE])
{
    char own[PATH_SIZE] = "";
    char system[PATH_SIZE];
    bool found = false;
    TRY(path_join(system, "/var/lib", "aval"));
    if (geteuid() != 0)
        TRY(own_folder(own, &found));
    snprintf(ret_own, PATH_SIZE, "%s", found ? own : system);
    snprintf(ret_system, PATH_SIZE, "%s", found ? system : "");
    return RESULT_OK;
}

unsigned state_folder_mode(void)
{
    return geteuid() == 0 ? 0755 : 0700;
}
