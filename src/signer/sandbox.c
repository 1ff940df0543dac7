/* seccomp allow-list of the signer; see sandbox.h. */
#include "signer/sandbox.h"

#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static const int allowed[] = {
    SCMP_SYS(read),         /* requests */
    SCMP_SYS(sendto),       /* answers, on the one socket there is */
    SCMP_SYS(pwrite64),     /* state files */
    SCMP_SYS(fdatasync),    /* state files */
    SCMP_SYS(close),        /* at the end */
    SCMP_SYS(brk),          /* memory */
    SCMP_SYS(mmap),         /* memory */
    SCMP_SYS(munmap),       /* memory */
    SCMP_SYS(mremap),       /* memory */
    SCMP_SYS(madvise),      /* memory */
    SCMP_SYS(mprotect),     /* secret memory */
    SCMP_SYS(munlock),      /* secret memory, wiped at the end */
    SCMP_SYS(futex),        /* the allocator's locks */
    SCMP_SYS(rt_sigreturn), /* return from a signal */
    SCMP_SYS(restart_syscall),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

static RESULT allow(scmp_filter_ctx filter)
{
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
        ENSURE(seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0) == 0, INTERNAL);
    ENSURE(seccomp_load(filter) == 0, INTERNAL);
    return RESULT_OK;
}

RESULT sandbox_enter(void)
{
    const struct rlimit none = {0, 0};
    ENSURE(setrlimit(RLIMIT_CORE, &none) == 0, INTERNAL);
    ENSURE(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0, INTERNAL);
    ENSURE(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, INTERNAL);
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    ENSURE(filter != NULL, NO_MEMORY);
    const struct result result = allow(filter);
    seccomp_release(filter);
    return result;
}
