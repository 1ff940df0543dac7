/*
 * Rows of machines that are of no more use go: 30 days after the last request, or after the end of the seat, whichever
 * is later. By then the machine neither counts nor holds anything, and whatever it signed before is too old to be
 * answered, also as a file that the operator answers. A blocked machine's stays.
 *
 * Always: by no clock that was wrong for less than a day. A row that went before its time would be a seat given twice;
 * so the time is not the host's clock but that of a leaf which another one followed a day or more later.
 */
#ifndef HOST_ENGINE_ROWS_FORGETTING_H
#define HOST_ENGINE_ROWS_FORGETTING_H

struct engine;

/* Where that was not done for a minute: goes on through the rows where it stopped, and looks at some of them. In a
 * transaction of its own; where that fails it is tried again the next time. For the engine's thread. */
void rows_tend(struct engine *engine);

#endif
