/* Rights of files; see modes.h. */
#include "modes.h"

#include "base/sentences.h"
#include "failure.h"
#include "system/files.h"

#include <errno.h>
#include <sys/stat.h>

/* What file systems say that have no rights to be set. */
static bool is_fixed(int number)
{
    return number == EPERM || number == ENOTSUP || number == ENOSYS;
}

/* A mount may also say that they are set, and leave them as they were. */
static RESULT check(const char *path, mode_t actual, unsigned wanted, struct reason *reason)
{
    enum { OF_OTHERS = S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH };
    if ((actual & ~(mode_t)wanted & OF_OTHERS) == 0)
        return RESULT_OK;
    return reason_say(reason, FAIL(FILE_MODES), _("%.*s: mode %03o instead of %03o"), PATH_SIZE, path,
                      (unsigned)actual & 0777u, wanted);
}

RESULT mode_set(int file, const char *path, unsigned mode, struct reason *reason)
{
    struct stat about;
    if (fchmod(file, (mode_t)mode) != 0 && !is_fixed(errno))
        return failure_writing(path, reason);
    if (fstat(file, &about) != 0)
        return failure_writing(path, reason);
    return check(path, about.st_mode, mode, reason);
}

RESULT mode_set_of_folder(const char *path, unsigned mode, struct reason *reason)
{
    struct stat about;
    if (chmod(path, (mode_t)mode) != 0 && !is_fixed(errno))
        return failure_writing(path, reason);
    if (stat(path, &about) != 0)
        return failure_writing(path, reason);
    return check(path, about.st_mode, mode, reason);
}
