/** The entry of the application. */
document.body.append("studio");
