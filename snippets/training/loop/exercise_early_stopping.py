accuracies = [0.90, 0.95, 0.94, 0.93, 0.96, 0.97]
patience = 2
best, best_epoch = 0.0, 0
for epoch, accuracy in enumerate(accuracies, 1):
    if accuracy > best:
        best, best_epoch = accuracy, epoch
    if epoch - best_epoch == patience:
        break
print(f"stops after epoch {epoch}; epoch {best_epoch} was the best, {best:.2f}")
#> stops after epoch 4; epoch 2 was the best, 0.95
print(f"missed: {max(accuracies[epoch:]):.2f}")
#> missed: 0.97
