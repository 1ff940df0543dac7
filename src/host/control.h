/*
 * The control interface: JSON over HTTP on the Unix socket `control.sock` (proto/api.h, CONTROL_*), for avalctl.
 *
 * Answers only peers whose user is root or the owner of the process (SO_PEERCRED): others get control-refused.
 */
#ifndef HOST_CONTROL_H
#define HOST_CONTROL_H

#include "host/engine.h"

struct control;

struct control_options {
    const char *folder;
    struct engine *engine;
    struct store *reader; /* borrowed; a reading handle of the control's own */
    const struct log *log;
    seconds (*now)(void);
    void (*reload)(void *context); /* asks for a reload, as SIGHUP does */
    void *reload_context;
};

RESULT control_start(const struct control_options *options, struct control **ret_control);
/* Takes NULL. */
void control_stop(struct control *control);

#endif
