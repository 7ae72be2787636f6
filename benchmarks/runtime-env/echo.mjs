// A child process by Node's own means: fork, and its messages.
process.on('message', (message) => process.send(message))
