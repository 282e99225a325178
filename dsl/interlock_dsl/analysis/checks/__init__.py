"""What must hold before anything is compiled: declarations, the form of routes, the shape they make, permissions."""
