// log.h: lines for people: diagnostics and the -s log.
//
// They go to the file that log_open() named, else to standard error as it is
// when the first line is written. Nothing is opened or created before that.
// Lines of at most LOG_MAX bytes are written with one write(2), so that lines
// of several processes that share a log do not mix. Any thread; not in signal
// handlers.
#ifndef BASE_LOG_H_
#define BASE_LOG_H_
#include "base/base.h"

enum { LOG_MAX = 2048 };
// Names the log file; path must stay valid. 0 means standard error.
void log_open(const char *path);
// "blink: " + message + newline.
void log_msg(const char *fmt, ...) PRINTF_LIKE(1, 2);
// n bytes as they are.
void log_raw(const char *s, size_t n);
// The log's descriptor or -1 if none was opened yet. Guests must not see it.
int log_fd(void);

#endif
