package public

// Version is that of what Tests makes of a question. A run is bound to it: raise
// it with every change that can change a test.
const Version = 1
